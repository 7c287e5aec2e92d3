"""Starts the real server for a test, plays the desktops and the servers that talk to it, and checks it afterwards."""

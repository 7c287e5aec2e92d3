// The library takes a worker's `self` for a page's `window`.
"use strict";

self.window = self;
importScripts("connect-streams.js");
connect.worker.main();

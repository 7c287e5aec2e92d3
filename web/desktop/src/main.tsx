import "@baton/shared/style.css";
import { start } from "@baton/shared/start.tsx";
import { App } from "./App.tsx";
import { signing } from "./session.ts";
import "./style.css";

void signing.resume().catch(() => undefined);
start(App);

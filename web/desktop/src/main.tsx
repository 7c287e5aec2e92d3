import { render } from "preact";
import { App } from "./App.tsx";
import { resume } from "./session.ts";
import { storage } from "./storage.ts";
import "./style.css";
import { LANGUAGES, language, type Language } from "./texts.ts";

const wanted = storage.language() ?? navigator.language.slice(0, 2);
if (wanted in LANGUAGES) language.value = wanted as Language;
void resume().catch(() => undefined);
const root = document.getElementById("app");
if (root) render(<App />, root);

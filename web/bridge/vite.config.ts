import { library } from "../vite.shared.ts";

export default library("src/index.ts", "bridge", "dist/lib");

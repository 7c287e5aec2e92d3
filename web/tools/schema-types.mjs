// Writes client/src/schema-types.ts out of the project's JSON Schemas (../schema), the types of every message.
//
//   node tools/schema-types.mjs [--check]     --check: only says whether the file is what it would write

import { readdir, readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const schemas = new URL("../../schema/", import.meta.url);
const target = new URL("../client/src/schema-types.ts", import.meta.url);

const pascal = (name) =>
  name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter) => letter.toUpperCase());

/** Every schema under one root, since the files refer to each other. */
async function everything() {
  const names = (await readdir(schemas)).filter((name) =>
    /^(common|event|request|rest)\b.*\.json$/.test(name),
  );
  const defs = {};
  const files = [];
  for (const name of names.sort()) {
    const schema = JSON.parse(await readFile(new URL(name, schemas), "utf8"));
    const own = name.replace(/\.json$/, "");
    const prefix = own === "common" ? "" : `${pascal(own)}-`;
    for (const [key, value] of Object.entries(schema.$defs ?? {})) {
      defs[pascal(prefix + key)] = relink(value, prefix);
    }
    if (own === "common") continue;
    const { $schema, $id, $defs, title, ...rest } = schema;
    // `subject` may stand in for `source`, which nobody who reads types needs.
    if (own.startsWith("request-") && rest.anyOf) {
      delete rest.anyOf;
      delete rest.properties.subject;
      rest.properties.source = { $ref: "common.json#/$defs/identifier" };
      rest.required.push("source");
    }
    defs[pascal(own)] = {
      ...relink(rest, prefix),
      description: [title, rest.description].filter(Boolean).join(": "),
    };
    files.push(pascal(own));
  }
  return {
    title: "Everything",
    anyOf: files.map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: defs,
  };
}

/** The same schema, with its references to other files changed to the one root. */
function relink(node, prefix) {
  if (Array.isArray(node)) return node.map((item) => relink(item, prefix));
  if (typeof node !== "object" || node === null) return node;
  const result = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === "$ref") {
      const [file, pointer = ""] = value.split("#");
      const own = file.replace(/\.json$/, "");
      const name = pointer.replace("/$defs/", "");
      const owner = file === "" ? prefix : own === "common" ? "" : `${pascal(own)}-`;
      result.$ref = `#/$defs/${name ? pascal(owner + name) : pascal(own)}`;
    } else if (key === "maxItems" || key === "minItems") {
      continue; // Would become tuples, which nobody wants to write.
    } else {
      result[key] = relink(value, prefix);
    }
  }
  return result;
}

const text = await compile(await everything(), "Everything", {
  bannerComment: "// Made from schema/*.json by `npm run types`. Do not edit.",
  additionalProperties: false,
  unreachableDefinitions: true,
  style: { printWidth: 100 },
});

if (process.argv.includes("--check")) {
  if ((await readFile(target, "utf8").catch(() => "")) !== text) {
    console.error(
      "client/src/schema-types.ts is not what the schemas say; run: scripts/web run types",
    );
    process.exit(1);
  }
} else {
  await writeFile(target, text);
}

import { fieldNames } from "../../provider/script/fields";

/** A program that declares scripts in one way. */
export interface Subject {
  /** The type of its resources. */
  readonly type: string;
  /** The files of the program, which finds the number of scripts and their version in `bench.json`. */
  readonly files: Readonly<Record<string, string>>;
  /** Whether the code stands in files of the folder `hooks`. */
  readonly hasFiles: boolean;
}

/** Returns the code of a script: 4 KB, as hooks are. */
export function codeOf(index: number, version: number): string {
  const functionOf = (part: number) => `
/** Gives the orders of one shop one shape. */
function normalize${part}(options) {
  const seen = {};
  return options.data.map((order) => {
    const total = order.lines.reduce((sum, line) => sum + Number(line.price) * line.quantity, 0);
    seen[order.id] = (seen[order.id] || 0) + 1;
    if (seen[order.id] > ${part}) {
      order.note = "Order " + order.id + " came " + seen[order.id] + " times";
    }
    return Object.assign({}, order, { total: Math.round(total * 100) / 100, currency: order.currency || "EUR" });
  });
}
`;
  return `// Script ${index}, version ${version}.\n${[1, 2, 3, 4, 5, 6, 7].map(functionOf).join("")}`;
}

const prelude = `
const pulumi = require("@pulumi/pulumi");
const { count, changed, version, code } = require("./bench.json");
const versionOf = (index) => (index < changed ? version : 1);
const text = (index) => code.replace("Script 0, version 1", "Script " + index + ", version " + versionOf(index));
const file = (index) => new pulumi.asset.FileAsset("hooks/script-" + index + ".js");
const each = (declare) => { for (let index = 0; index < count; index++) declare("script-" + index, index); };
`;

const outputs = JSON.stringify(
  Object.fromEntries([...fieldNames, "contentHash", "codeHash"].map((name) => [name, null])),
);

/** A resource with the inputs and outputs of a script whose provider does nothing: what Pulumi itself costs. */
const nothing = `${prelude}
const outputs = Object.fromEntries(Object.keys(${outputs}).map((name) => [name, undefined]));
class Nothing extends pulumi.CustomResource {
  constructor(name, args) {
    const __provider = "exports.handler=()=>require('module').createRequire(process.cwd()+'/_')('./nothing').provider";
    super("pulumi-nodejs:dynamic/bench:Nothing", name, { ...outputs, name, __resource: "::" + name, ...args, __provider });
  }
}
const descriptionOf = (index) => "Script " + index + ", version " + versionOf(index) + ".";
`;
const nothingProvider = `
const zeros = (count) => "0".repeat(count);
const time = "2026-01-01T00:00:00.000Z";
const outputsOf = ({ content, ...inputs }) => ({
  postResponseHookToProcessOnChildRecord: false, noModule: false, hash: zeros(64), createdAt: time, lastModified: time,
  userId: zeros(24), contentHash: "sha256:" + zeros(64), codeHash: "sha256:" + zeros(64), ...inputs,
});
exports.provider = {
  check: async (_, inputs) => ({ inputs }),
  diff: async (_, olds, news) => ({ changes: olds.description !== news.description }),
  create: async (inputs) => ({ id: zeros(24), outs: outputsOf(inputs) }),
  update: async (_, __, inputs) => ({ outs: outputsOf(inputs) }),
  read: async (id, props) => ({ id, props }),
  delete: async () => {},
};
`;

/** A provider as Pulumi's documentation teaches it: the code stands beside the program and is stored with each resource. */
const plain = `${prelude}
const send = async (method, path, body) => {
  const response = await fetch(process.env.CELIGO_BASE_URL + "/v1/scripts" + path, {
    method, body: body && JSON.stringify(body),
    headers: { authorization: "Bearer " + process.env.CELIGO_API_TOKEN, "content-type": "application/json" },
  });
  if (!response.ok) throw new Error(method + " " + path + ": " + response.status);
  return response.status === 204 ? undefined : response.json();
};
const provider = {
  diff: async (_, olds, news) => ({ changes: olds.content !== news.content }),
  create: async (inputs) => ({ id: (await send("POST", "", { name: inputs.name, content: inputs.content }))._id, outs: inputs }),
  update: async (id, _, news) => { await send("PUT", "/" + id, { name: news.name, content: news.content }); return { outs: news }; },
  read: async (id, props) => ({ id, props: { ...props, content: (await send("GET", "/" + id)).content } }),
  delete: async (id) => { await send("DELETE", "/" + id); },
};
class Plain extends pulumi.dynamic.Resource {
  constructor(name, args) { super(provider, name, args, undefined, "bench", "Plain"); }
}
each((name, index) => new Plain(name, { name, content: text(index) }));
`;

const celigo = "pulumi-nodejs:dynamic/celigo:Script";
const bench = "pulumi-nodejs:dynamic/bench";
const script = `${prelude}const { Script, ScriptFolder } = require("pulumi-celigo");\n`;

function subject(type: string, program: string, files: Readonly<Record<string, string>> = {}): Subject {
  return { type, files: { "index.js": program, ...files }, hasFiles: program.includes("hooks") };
}

/** The programs by the names that the tables show. */
export const subjects: Readonly<Record<string, Subject>> = {
  text: subject(celigo, `${script}each((name, index) => new Script(name, { content: text(index) }));`),
  files: subject(celigo, `${script}each((name, index) => new Script(name, { content: file(index) }));`),
  folder: subject(celigo, `${script}new ScriptFolder("hooks", { path: "hooks" });`),
  "nothing, text": subject(
    `${bench}:Nothing`,
    `${nothing}each((name, index) => new Nothing(name, { description: descriptionOf(index), content: text(index) }));`,
    { "nothing.js": nothingProvider },
  ),
  "nothing, files": subject(
    `${bench}:Nothing`,
    `${nothing}each((name, index) => new Nothing(name, { description: descriptionOf(index), content: file(index) }));`,
    { "nothing.js": nothingProvider },
  ),
  plain: subject(`${bench}:Plain`, plain),
};

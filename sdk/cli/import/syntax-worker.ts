import { parentPort } from "node:worker_threads";
import { parseScript } from "../../../provider/content/syntax";

parentPort?.on("message", async (content: string) => parentPort?.postMessage((await parseScript(content)).fault));

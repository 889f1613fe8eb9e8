/** A web server for a folder, on this machine alone. */
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const types = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** With these a page is isolated from others, and may share memory with its workers. */
const headers = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-cache",
};

/** The file of an address in a folder, or `undefined`. */
function fileOf(folder, url) {
  let path;
  try {
    path = normalize(join(folder, decodeURIComponent(new URL(url, "http://localhost").pathname)));
  } catch {
    return undefined;
  }
  if (path.includes("\0") || !(path + sep).startsWith(folder + sep)) return undefined;
  const look = (file) => statSync(file, { throwIfNoEntry: false });
  if (look(path)?.isDirectory()) path = join(path, "index.html");
  return look(path)?.isFile() ? path : undefined;
}

/** Serves a folder; resolves to its address and what ends it, when it listens. Port 0 takes any that is free. */
export function serve(folder, port) {
  const server = createServer(({ method, url }, response) => {
    if (method !== "GET" && method !== "HEAD") return response.writeHead(405, headers).end();
    const file = fileOf(folder, url);
    if (!file)
      return response.writeHead(404, { ...headers, "Content-Type": "text/plain" }).end("There is no such page.\n");
    response.writeHead(200, { ...headers, "Content-Type": types[extname(file)] ?? "application/octet-stream" });
    if (method === "HEAD") return response.end();
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      resolve({ address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() });
    });
  });
}

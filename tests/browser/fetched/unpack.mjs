// Python's standard library cannot read brotli; Node's can.
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const packed = "node_modules/@sparticuz/chromium/bin";

for (const name of ["al2023.tar", "fonts.tar", "chromium"]) {
  await pipeline(
    createReadStream(`${packed}/${name}.br`),
    createBrotliDecompress(),
    createWriteStream(name),
  );
}

// SPDX-License-Identifier: Apache-2.0
//
//     node node_test.js ASSAY ASSAYD FOLDER
//
// noise-c against a node that runs: the handshake, both hellos, a ping and the
// way to part, from docs/protocol.md alone. The ledger is made in FOLDER.
"use strict";

const assert = require("assert").strict;
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const { execFileSync, spawn } = require("child_process");

const channel = require("./channel.js");

const [assay, assayd, folder] = process.argv.slice(2);

// What a message of this test needs of deterministic CBOR.
function head(major, number) {
  if (number < 24) {
    return Buffer.from([(major << 5) | number]);
  }
  assert(number < 2 ** 32);
  const bytes = Buffer.alloc(5);
  bytes[0] = (major << 5) | 26;
  bytes.writeUInt32BE(number, 1);
  const start = number < 256 ? 4 : number < 65536 ? 3 : 1;
  bytes[start - 1] = (major << 5) | { 4: 24, 3: 25, 1: 26 }[start];
  return bytes.subarray(start - 1);
}

function encode(value) {
  if (typeof value === "number") {
    return head(0, value);
  }
  if (Buffer.isBuffer(value)) {
    return Buffer.concat([head(2, value.length), value]);
  }
  if (typeof value === "string") {
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  }
  if (value instanceof Map) {
    const parts = [...value].flat().map(encode);
    return Buffer.concat([head(5, value.size), ...parts]);
  }
  return Buffer.concat([head(4, value.length), ...value.map(encode)]);
}

// A node on a port that the system chooses, and what it says of itself.
async function startNode() {
  const ledger = path.join(folder, "ledger");
  const readyFile = path.join(folder, "ready");
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  execFileSync(assay, ["--ledger", ledger, "init"], { stdio: "ignore" });
  const child = spawn(
    assayd,
    ["--ledger", ledger, "--listen", "127.0.0.1:0", "--allow", "open"].concat([
      "--ready-file",
      readyFile,
    ]),
    { stdio: ["ignore", "ignore", "pipe"] }
  );
  const exit = new Promise((resolve) => child.on("close", resolve));
  let log = "";
  await new Promise((resolve, reject) => {
    child.stderr.on("data", (chunk) => {
      log += chunk;
      if (/event=ready/.test(log)) {
        resolve();
      }
    });
    exit.then(() => reject(new Error(`the node ended:\n${log}`)));
  });
  const ready = new Map(
    fs
      .readFileSync(readyFile, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("="))
  );
  const port = Number(ready.get("listen").split(":").pop());
  return { child, exit, port, id: ready.get("node"), log: () => log };
}

// The key of a node1... id: bech32m without the check, which is not ours here.
function keyOf(id) {
  const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  const values = [...id.slice("node1".length, -6)].map((c) => charset.indexOf(c));
  const bits = values.map((v) => v.toString(2).padStart(5, "0")).join("");
  return Buffer.from(
    Array.from({ length: 32 }, (_, i) => parseInt(bits.substr(i * 8, 8), 2))
  );
}

const HELLO = 0;
const PING = 1;
const CLOSE = 2;
const PONG = 3;

function hello() {
  return encode([
    HELLO,
    [1],
    Math.floor(Date.now() / 1000),
    crypto.randomBytes(8),
    Buffer.alloc(16), // It follows nothing
    Buffer.alloc(16), // and holds nothing.
    0,
    new Map([[1, "noise-c"]]),
  ]);
}

// A message of that type, whatever else the node says before it.
async function hear(peer, type) {
  for (;;) {
    const message = await peer.receive();
    assert.notEqual(message, null, `the node parted before a message ${type}`);
    assert.equal(message[0] >> 5, 4, "a message is an array");
    if (message[1] === type) {
      return message;
    }
    assert.notEqual(message[1], CLOSE, message.toString("hex"));
  }
}

async function talk(library, node) {
  const peer = await channel.dial(library, "127.0.0.1", node.port);
  assert.deepEqual(peer.peerKey, keyOf(node.id));
  await peer.send(hello());
  const theirs = await hear(peer, HELLO);
  // Eight items; then its versions, of which ours is one: [1].
  assert.deepEqual(theirs.subarray(0, 4), Buffer.from([0x88, HELLO, 0x81, 1]));
  for (const nonce of [0, 7, 300, 70000]) {
    await peer.send(encode([PING, nonce]));
    assert.deepEqual(await hear(peer, PONG), encode([PONG, nonce]));
  }
  await peer.send(encode([CLOSE, 0, "done"]));
  await peer.end();
  // Whatever was on its way; then its last word.
  while ((await peer.receive()) !== null);
}

async function main() {
  const library = await channel.load();
  const node = await startNode();
  try {
    await talk(library, node);
    await talk(library, node); // Nothing of the first is in the way.
  } catch (error) {
    console.error(node.log());
    throw error;
  } finally {
    node.child.kill("SIGTERM");
    assert.equal(await node.exit, 0, node.log());
    fs.rmSync(folder, { recursive: true, force: true });
  }
  console.log("a running node was met, heard, and left");
}

main().then(
  () => {},
  (error) => {
    console.error(error);
    process.exit(1);
  }
);

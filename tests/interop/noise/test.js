// SPDX-License-Identifier: Apache-2.0
//
//     node test.js CHANNEL_PEER
//
// noise-c against our channel, each dialling the other.
"use strict";

const assert = require("assert").strict;
const { spawn } = require("child_process");
const net = require("net");
const readline = require("readline");

const channel = require("./channel.js");

const program = process.argv[2];

// Starts our end; its lines come as [word, value], null behind the last.
function start(...args) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = readline.createInterface({ input: child.stdout });
  const iterator = lines[Symbol.asyncIterator]();
  const exit = new Promise((resolve) => child.on("close", resolve));
  return {
    exit,
    next: async (word) => {
      const { value, done } = await iterator.next();
      if (done) {
        assert.equal(word, undefined, `the program ended before "${word}"`);
        return null;
      }
      const [got, rest] = value.split(" ");
      assert.equal(got, word);
      return rest;
    },
  };
}

// A port at which one connection is taken.
async function listen() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const accepted = new Promise((resolve) => server.once("connection", resolve));
  accepted.then(() => server.close());
  return { port: server.address().port, accepted };
}

async function sayAndHear(peer, message) {
  await peer.send(message);
  assert.deepEqual(await peer.receive(), message);
}

// noise-c dials, ours answers and sends back what it hears.
async function testDialling(library) {
  const ours = start("listen");
  const key = await ours.next("key");
  const port = await ours.next("port");
  const peer = await channel.dial(library, "127.0.0.1", Number(port));
  assert.equal(peer.peerKey.toString("hex"), key);
  assert.equal(await ours.next("peer"), peer.key.toString("hex"));
  assert.equal(await ours.next("hash"), peer.hash.toString("hex"));
  for (const length of [1, 2, 500, 4096, channel.MESSAGE_MAX, 3]) {
    await sayAndHear(peer, Buffer.alloc(length, length % 251));
  }
  // Several before an answer is read.
  for (let index = 0; index < 20; index++) {
    await peer.send(Buffer.from([index]));
  }
  for (let index = 0; index < 20; index++) {
    assert.deepEqual(await peer.receive(), Buffer.from([index]));
  }
  await peer.end();
  assert.equal(await peer.receive(), null);
  assert.equal(await ours.next("ended"), undefined);
  assert.equal(await ours.exit, 0);
}

// Ours dials a key, noise-c answers and sends back what it hears.
async function testAnswering(library) {
  const own = channel.beginResponse(library);
  const { port, accepted } = await listen();
  const ours = start("dial", String(port), own.key.toString("hex"));
  const key = await ours.next("key");
  const peer = await channel.respond(await accepted, own);
  assert.equal(peer.peerKey.toString("hex"), key);
  assert.equal(await ours.next("peer"), peer.key.toString("hex"));
  assert.equal(await ours.next("hash"), peer.hash.toString("hex"));
  let count = 0;
  for (;;) {
    const message = await peer.receive();
    if (message === null) {
      break;
    }
    await peer.send(message);
    count++;
  }
  assert.equal(count, 6);
  await peer.end();
  assert.equal(await ours.next("ended"), undefined);
  assert.equal(await ours.exit, 0);
}

// Ours dials another key: it goes before it tells its own.
async function testWrongKey(library) {
  const own = channel.beginResponse(library);
  const { port, accepted } = await listen();
  const ours = start("dial", String(port), "07".repeat(32));
  await ours.next("key");
  await assert.rejects(channel.respond(await accepted, own), /cut off: 0 of 2/);
  assert.equal(await ours.next("failed"), "ASSAY_E_PEER");
  assert.equal(await ours.exit, 1);
}

// noise-c goes without a last word: ours knows that it was cut.
async function testCut(library) {
  const ours = start("listen");
  await ours.next("key");
  const port = await ours.next("port");
  const peer = await channel.dial(library, "127.0.0.1", Number(port));
  await ours.next("peer");
  await ours.next("hash");
  await sayAndHear(peer, Buffer.from("not the last word"));
  peer.socket.end();
  assert.equal(await ours.next("failed"), "ASSAY_E_TRUNCATED");
  assert.equal(await ours.exit, 1);
}

async function main() {
  const library = await channel.load();
  for (const test of [testDialling, testAnswering, testWrongKey, testCut]) {
    await test(library);
    console.log(`${test.name} passed`);
  }
}

main().then(
  () => {},
  (error) => {
    console.error(error);
    process.exit(1);
  }
);

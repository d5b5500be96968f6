// SPDX-License-Identifier: Apache-2.0
//
//     node client.js HOST PORT [MESSAGE]...
//
// Dials a node, says each message (hexadecimal), prints as many messages as
// come back, says its last word and waits for the node's. Writes a line each:
// the own key, the peer's key, the handshake's hash, and the messages in
// hexadecimal. Exits 0 when all of that went well.
"use strict";

const channel = require("./channel.js");

async function main([host, port, ...messages]) {
  const peer = await channel.dial(await channel.load(), host, Number(port));
  console.log(`key ${peer.key.toString("hex")}`);
  console.log(`peer ${peer.peerKey.toString("hex")}`);
  console.log(`hash ${peer.hash.toString("hex")}`);
  for (const message of messages) {
    await peer.send(Buffer.from(message, "hex"));
  }
  for (let count = 0; count < messages.length; count++) {
    const message = await peer.receive();
    if (message === null) {
      throw new Error(`an end behind ${count} messages`);
    }
    console.log(`message ${message.toString("hex")}`);
  }
  await peer.end();
  while ((await peer.receive()) !== null);
}

if (process.argv.length < 4) {
  console.error("usage: node client.js HOST PORT [MESSAGE]...");
  process.exitCode = 2;
} else {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

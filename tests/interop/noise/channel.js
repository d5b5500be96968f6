// SPDX-License-Identifier: Apache-2.0
//
// A node's channel (docs/protocol.md, section 1) over a socket, by noise-c,
// which shares no code with ours. Written from the document alone.
//
//     const noise = await channel.load();
//     const peer = await channel.dial(noise, host, port);
//     await peer.send(Buffer.from("..."));
//     const message = await peer.receive();   // null: the peer's last word
//     await peer.end();
"use strict";

const fs = require("fs");
const net = require("net");
const path = require("path");

const NAME = "Noise_XX_25519_ChaChaPoly_SHA256";
const PROLOGUE = Buffer.from("assay/1", "ascii");
const TAG_SIZE = 16;
const MESSAGE_MAX = 65535 - TAG_SIZE;
const FRAMES_A_KEY = 65536;
const NOTHING = new Uint8Array(0);

// Resolves to the library. Given the code's bytes, it fetches nothing.
function load() {
  const folder = path.dirname(require.resolve("noise-c.wasm"));
  const wasmBinary = fs.readFileSync(path.join(folder, "noise-c.wasm"));
  const create = require("noise-c.wasm");
  return new Promise((resolve) => {
    // The library has a then() of its own, so it travels in a box.
    create({ wasmBinary }, (noise) => resolve({ noise }));
  });
}

// Reads a socket by length.
class Reader {
  constructor(socket) {
    this.chunks = [];
    this.length = 0;
    this.ended = false;
    this.error = null;
    this.wake = () => {};
    socket.on("data", (chunk) => {
      this.chunks.push(chunk);
      this.length += chunk.length;
      this.wake();
    });
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.ended = true;
        this.wake();
      });
    }
    socket.on("error", (error) => {
      this.error = error;
      this.wake();
    });
  }

  async read(length) {
    while (this.length < length) {
      if (this.error) {
        throw this.error;
      }
      if (this.ended) {
        throw new Error(`cut off: ${this.length} of ${length} bytes`);
      }
      await new Promise((resolve) => {
        this.wake = resolve;
      });
    }
    const all = Buffer.concat(this.chunks);
    this.chunks = [all.subarray(length)];
    this.length -= length;
    return all.subarray(0, length);
  }

  async frame() {
    const head = await this.read(2);
    return this.read(head.readUInt16BE(0));
  }
}

function writeFrame(socket, bytes) {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(bytes.length);
  return new Promise((resolve, reject) => {
    socket.write(Buffer.concat([head, bytes]), (error) => {
      if (error) {
        reject(error);
      } else {
        resolve();
      }
    });
  });
}

class Channel {
  constructor(socket, reader, handshake) {
    this.socket = socket;
    this.reader = reader;
    this.hash = Buffer.from(handshake.GetHandshakeHash());
    this.peerKey = Buffer.from(handshake.GetRemotePublicKey());
    [this.sending, this.receiving] = handshake.Split();
    this.sent = 0;
    this.received = 0;
  }

  // noise-c has no rekeying (Noise, section 11.3).
  count(frames) {
    if (frames >= FRAMES_A_KEY) {
      throw new Error("this client cannot change keys");
    }
    return frames + 1;
  }

  async send(message) {
    if (message.length < 1 || message.length > MESSAGE_MAX) {
      throw new Error(`a message of ${message.length} bytes`);
    }
    await this.seal(message);
  }

  async end() {
    await this.seal(NOTHING);
    this.socket.end();
  }

  async seal(message) {
    this.sent = this.count(this.sent);
    const frame = this.sending.EncryptWithAd(NOTHING, message);
    await writeFrame(this.socket, Buffer.from(frame));
  }

  async receive() {
    const frame = await this.reader.frame();
    if (frame.length < TAG_SIZE) {
      throw new Error(`a frame of ${frame.length} bytes`);
    }
    this.received = this.count(this.received);
    const message = this.receiving.DecryptWithAd(NOTHING, frame);
    return message.length === 0 ? null : Buffer.from(message);
  }
}

function begin({ noise }, role) {
  const handshake = new noise.HandshakeState(NAME, role);
  const [secret, key] = noise.CreateKeyPair(noise.constants.NOISE_DH_CURVE25519);
  handshake.Initialize(PROLOGUE, secret);
  return { handshake, key: Buffer.from(key) };
}

// The handshake of who dials, over a socket that is connected.
async function initiate(library, socket) {
  const reader = new Reader(socket);
  const { handshake, key } = begin(
    library,
    library.noise.constants.NOISE_ROLE_INITIATOR
  );
  await writeFrame(socket, Buffer.from(handshake.WriteMessage()));
  handshake.ReadMessage(await reader.frame());
  await writeFrame(socket, Buffer.from(handshake.WriteMessage()));
  const channel = new Channel(socket, reader, handshake);
  channel.key = key;
  return channel;
}

// The handshake of who is dialled; own is what beginResponse gave.
async function respond(socket, own) {
  const reader = new Reader(socket);
  own.handshake.ReadMessage(await reader.frame());
  await writeFrame(socket, Buffer.from(own.handshake.WriteMessage()));
  own.handshake.ReadMessage(await reader.frame());
  const channel = new Channel(socket, reader, own.handshake);
  channel.key = own.key;
  return channel;
}

function beginResponse(library) {
  return begin(library, library.noise.constants.NOISE_ROLE_RESPONDER);
}

async function dial(library, host, port) {
  const socket = net.connect(port, host);
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return initiate(library, socket);
}

module.exports = { load, dial, beginResponse, respond, MESSAGE_MAX };

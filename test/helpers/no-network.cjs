// Preloaded by the test that nothing is asked over a network: every way out is written down, and refused.
'use strict';
const { appendFileSync } = require('node:fs');
const dgram = require('node:dgram');
const dns = require('node:dns');
const net = require('node:net');

function refuse(name) {
  return function () {
    appendFileSync(process.env.NETWORK_LOG, `${name}\n`);
    throw new Error(`${name} was called`);
  };
}

net.Socket.prototype.connect = refuse('connect');
net.Server.prototype.listen = refuse('listen');
dgram.Socket.prototype.send = refuse('send');
dgram.Socket.prototype.bind = refuse('bind');
for (const api of [dns, dns.promises]) {
  for (const name of Object.keys(api).filter((one) => /^(lookup|resolve|reverse)/.test(one))) {
    api[name] = refuse(name);
  }
}

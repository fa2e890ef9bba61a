'use strict';
/**
 * Preloaded into the processes of a sampled test run: Prettier formats the same text with the same options once, however
 * many cases render it. What it made of it lies in node_modules/.cache/formatted. Most of the time of a plan is Prettier's.
 */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, join } = require('node:path');

const folder = join(__dirname, '../../node_modules/.cache/formatted');
const load = Module._load;
Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  return request === 'prettier' && typeof loaded?.format === 'function' ? remembering(loaded) : loaded;
};

function remembering(prettier) {
  const format = async (text, options) => {
    if (options?.plugins?.length > 0) return prettier.format(text, options);
    // The name alone decides on the parser.
    const key = JSON.stringify([
      prettier.version,
      { ...options, filepath: basename(options?.filepath ?? '') },
      text,
    ]);
    const file = join(folder, createHash('sha256').update(key).digest('hex'));
    try {
      return readFileSync(file, 'utf8');
    } catch {
      const formatted = await prettier.format(text, options);
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${file}.${process.pid}`, formatted);
      renameSync(`${file}.${process.pid}`, file);
      return formatted;
    }
  };
  return Object.create(prettier, { format: { value: format } });
}

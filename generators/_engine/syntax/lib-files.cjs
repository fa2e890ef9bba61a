// TypeScript's own declarations come as texts with ts-morph's compiler: what `lib` names is never read from a repository.
const { createRequire } = require('node:module');

const { getLibFiles } = createRequire(require.resolve('ts-morph'))('@ts-morph/common');

module.exports = getLibFiles();

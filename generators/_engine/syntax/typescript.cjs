// By require, because import would scan the compiler's 12 MB for the names of its exports first: a tenth of a second.
const morph = require('ts-morph');

module.exports = morph.ts;

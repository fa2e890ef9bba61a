/** By how much a busy machine is slower: `CORPUS_PATIENCE=5` gives everything that has a time limit five times as long. */
const patience = Number(process.env['CORPUS_PATIENCE'] ?? 1);

/** Milliseconds after which a service that does not listen counts as one that does not start. */
export const startLimitMs = 20_000 * patience;

/** Milliseconds for one answer. */
export const answerLimitMs = 5_000 * patience;

/** Milliseconds for one run of a test file or of a script of the repository. */
export const runLimitMs = 120_000 * patience;

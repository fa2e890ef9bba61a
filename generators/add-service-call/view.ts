/** What the client of a callee is rendered from. */
export interface ServiceCallView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** Whole declarations of types. */
  readonly types: readonly string[];
  /** As people call the callee. */
  readonly service: string;
  readonly className: string;
  readonly decorator: string;
  readonly urlExpression: string;
  /** Beside `baseUrl`. */
  readonly clientOptions: string;
  readonly pluginName: string;
  /** `, dependencies: ['env']`: autoloaded plugins that it has to follow; empty for none. */
  readonly dependencies: string;
  readonly methods: readonly CallMethodView[];
}

export interface CallMethodView {
  /** `GET /invoices/:id`, and what it throws. */
  readonly does: string;
  /** Up to the brace: `getInvoice(…): Promise<Invoice>`, with its line breaks. */
  readonly signature: string;
  readonly statement: string;
}

/** What the test that calls the real callee is rendered from. */
export interface ServiceTestView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  readonly service: string;
  readonly className: string;
  /** `GET /invoices` */
  readonly route: string;
  readonly method: string;
  /** How the callee is started: its folder, what `node` is given, and entries of its environment. */
  readonly dir: string;
  readonly args: string;
  readonly env: string;
  /** The program that `args` run: one or none. */
  readonly script: readonly (readonly string[])[];
  /** What is expected of `answer`. */
  readonly check: string;
}

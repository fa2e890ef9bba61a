declare const files: readonly Readonly<{ fileName: string; text: string }>[];

export = files;

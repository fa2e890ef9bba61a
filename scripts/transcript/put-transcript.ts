const section = /(<!-- transcript: npm run transcript -->\n)[^]*?(\n<!-- \/transcript -->)/;

/** The page with a transcript between its markers. @throws Error when it has none */
export function putTranscript(page: string, transcript: string): string {
  if (!section.test(page)) throw new Error('The page has no place for a transcript');
  return page.replace(
    section,
    (_, begin: string, end: string) => `${begin}\n\`\`\`console\n${transcript}\n\`\`\`\n${end}`,
  );
}

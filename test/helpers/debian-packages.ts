import { ensureCommands } from './ensure-command.ts';

/**
 * Vitest global setup: what the tests of the production project start is there before any of them runs. Two of them that
 * install at once would be in each other's way, and their time limits are not meant for it.
 */
export default async function setup(): Promise<void> {
  await ensureCommands({ prometheus: 'prometheus', dnsmasq: 'dnsmasq', chromium: 'chromium' });
}

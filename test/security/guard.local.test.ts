import { vi } from 'vitest';

vi.hoisted(() => {
  process.env['S2S_VERIFY'] = 'local';
});

// Every attack on the guard, with tokens that the service verifies itself.
import './guard.test.ts';

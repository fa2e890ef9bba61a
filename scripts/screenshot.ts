import { join } from 'node:path';

import { projectRoot } from '../test/helpers/project-root.ts';
import { openWatchedDemo } from '../test/helpers/watched-demo.ts';

/** Runs `npm run demo -- --watch` to its end and keeps a picture of its page: docs/images/demo-watch.png. */
const demo = await openWatchedDemo();
await demo.page.waitForFunction("document.body.dataset.over === 'true'", { timeout: 120_000 });
await demo.page.screenshot({
  path: join(projectRoot, 'docs/images/demo-watch.png'),
  optimizeForSpeed: false,
});
await demo.close();

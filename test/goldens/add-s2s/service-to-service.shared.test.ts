import { testConsumer } from '@diner/s2s/testing/service-to-service';

testConsumer({ dir: new URL('..', import.meta.url), route: ['GET', '/menu'] });

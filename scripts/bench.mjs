// `npm run bench`: builds, then compares with nginx and http-proxy, then times the pure parts.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, build, install, must, ownEnv, ROOT } from './setup.mjs';

install();
build();
mkdirSync(join(ROOT, '.bench'), { recursive: true });
const node = join(BIN, 'node');
must('comparison', node, [join(ROOT, 'bench', 'compare.ts')], { env: ownEnv() });
must('pure parts', node, [join(ROOT, 'bench', 'micro.ts')], { env: ownEnv() });

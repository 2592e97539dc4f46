/** The attack that the firewall is held against must succeed where there is no firewall. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { crsAbsent } from '../../bench/candidates/crs.ts';
import { plainGate } from '../support/gate.ts';
import { crsGate, SHOP_POLICY } from './crs/crs-gate.ts';
import { startSampleApp } from './sample-app.ts';
import { sqlmap, sqlmapAbsent } from './sqlmap.ts';

const absent = sqlmapAbsent();
const noRules = crsAbsent();
for (const why of [absent, noRules]) if (why !== null) console.warn(`skipped: ${why}`);

describe('the sample shop', () => {
  it('shows its items, and what the database says', async () => {
    const app = await startSampleApp();
    onTestFinished(() => app.stop());
    const ask = async (query: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${app.port}/item?${query}`)).text();
    expect(await ask('id=2')).toContain('<td>chair</td>');
    expect(await ask('id=2')).not.toContain('lamp');
    expect(await ask("id=2'")).toContain('SQLite error: ');
    expect(
      await ask(`id=${encodeURIComponent('0 UNION SELECT 1, name, password FROM users')}`),
    ).toContain('battery staple');
    expect(app.requests()).toBe(4);
  });

  it.skipIf(absent !== null)('is open to sqlmap', { timeout: 100_000 }, async () => {
    const app = await startSampleApp();
    onTestFinished(() => app.stop());
    const { verdict, out } = await sqlmap(`http://127.0.0.1:${app.port}/item?id=1`);
    expect(verdict, out).toBe('injectable');
    expect(app.requests()).toBeGreaterThan(20);
  });

  it.skipIf(absent !== null)('is closed to sqlmap where the address has no fault', async () => {
    const app = await startSampleApp();
    onTestFinished(() => app.stop());
    const { verdict, out } = await sqlmap(`http://127.0.0.1:${app.port}/?id=1`);
    expect(verdict, out).toBe('not injectable');
  });

  it.skipIf(absent !== null || noRules !== null)(
    'is closed to sqlmap behind a gate with the Core Rule Set, and open behind one without',
    { timeout: 200_000 },
    async () => {
      const app = await startSampleApp();
      onTestFinished(() => app.stop());
      const open = await plainGate([app.port]);
      const bare = await sqlmap(`http://127.0.0.1:${open.port}/item?id=1`);
      expect(bare.verdict, bare.out).toBe('injectable');
      const { port } = await crsGate(app.port, SHOP_POLICY);
      expect((await fetch(`http://127.0.0.1:${port}/item?id=2`)).status).toBe(200);
      const { verdict, out } = await sqlmap(`http://127.0.0.1:${port}/item?id=1`);
      expect(verdict, out).toBe('not injectable');
    },
  );
});

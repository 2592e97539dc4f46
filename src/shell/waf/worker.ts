/** A thread that judges long bodies. Compiles for itself: patterns can't be handed from thread to thread. */
import { parentPort } from 'node:worker_threads';
import { Report } from '../../model/issue.ts';
import { compileFirewall, type Firewall, type FirewallRecipe } from '../../waf/compile-firewall.ts';
import { Forge } from '../../waf/forge.ts';
import { Judgement } from '../../waf/judge.ts';
import { warmFirewall } from '../../waf/warm.ts';
import { guardBacktracking } from './backtrack-guard.ts';
import { CpuWatch } from './cpu-watch.ts';
import type { FromWorker, Job, ToWorker } from './jobs.ts';

/** The one in force, and the one before it, by which requests may still be under way. */
const MAX_FIREWALLS = 2;

guardBacktracking();
const port = parentPort;
const forge = new Forge();
const firewalls = new Map<string, Firewall>();

function take(recipe: FirewallRecipe): void {
  const compiler = { forge, report: new Report(), faults: [], file: '' };
  const firewall = compileFirewall(recipe, compiler);
  // It was compiled without a mistake before it came here.
  if (firewall === null) throw new Error('a recipe that does not compile');
  warmFirewall(firewall);
  firewalls.delete(recipe.digest);
  firewalls.set(recipe.digest, firewall);
  for (const digest of firewalls.keys()) {
    if (firewalls.size <= MAX_FIREWALLS) break;
    firewalls.delete(digest);
  }
  say({ kind: 'ready', digest: recipe.digest });
}

function judge(job: Job): void {
  const policy = firewalls.get(job.digest)?.policies.get(job.policy);
  if (policy === undefined) {
    say({ kind: 'unknown', id: job.id });
    return;
  }
  const watch = new CpuWatch(job.budgetMs);
  watch.start();
  const judgement = new Judgement(policy, job.request, job.orders, watch);
  judgement.restore(job.state);
  const { buffer, byteOffset, byteLength } = job.bytes;
  judgement.body(
    Buffer.from(buffer, byteOffset, byteLength).latin1Slice(0, byteLength),
    job.truncated,
  );
  say({
    kind: 'judged',
    id: job.id,
    state: judgement.save(),
    tested: judgement.tested,
    ms: watch.stop(),
  });
}

function say(message: FromWorker): void {
  port?.postMessage(message);
}

port?.on('message', (message: ToWorker) => {
  if (message.kind === 'recipe') take(message.recipe);
  else judge(message.job);
});

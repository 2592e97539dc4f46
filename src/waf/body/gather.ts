/** Where a reader puts what it finds: limits are kept here, and the fault that counts. */
import { type FaultCode, faultOf } from './faults.ts';
import type { BodyFault, BodyLimits, Named } from './reading.ts';

export class Gather {
  readonly limits: BodyLimits;
  /** The body goes on beyond what is given: an end in the middle is no fault. */
  readonly truncated: boolean;
  readonly args: Named[] = [];
  fault: BodyFault | null = null;
  /** Where reading stopped because of a fault; -1: it did not. */
  stoppedAt = -1;

  constructor(limits: BodyLimits, truncated: boolean) {
    this.limits = limits;
    this.truncated = truncated;
  }

  note(code: FaultCode, at: number): void {
    if (this.fault?.ambiguous) return;
    const fault = faultOf(code, at);
    if (this.fault === null || fault.ambiguous) this.fault = fault;
  }

  /** Notes the fault, and that nothing behind it is read. False, so that readers can end with it. */
  stop(code: FaultCode, at: number): false {
    this.note(code, at);
    if (this.stoppedAt < 0) this.stoppedAt = at;
    return false;
  }

  /** The text is over: a fault only if it should not be. False, as for `stop`. */
  unfinished(code: FaultCode, at: number): false {
    if (!this.truncated) this.note(code, at);
    return false;
  }

  name(name: string, at: number): string {
    if (name.length <= this.limits.nameBytes) return name;
    this.note('name-too-long', at);
    return name.slice(0, this.limits.nameBytes);
  }

  value(value: string, at: number): string {
    if (value.length <= this.limits.valueBytes) return value;
    if (!this.truncated) this.note('value-too-long', at);
    return value.slice(0, this.limits.valueBytes);
  }

  /** Room for one more? If not, reading stops at `at`. */
  hasRoom(taken: number, at: number): boolean {
    return taken < this.limits.args || this.stop('too-many-args', at);
  }

  /** False: there was no room, and reading stops. */
  add(name: string, value: string, at: number): boolean {
    if (!this.hasRoom(this.args.length, at)) return false;
    this.args.push({ name: this.name(name, at), value: this.value(value, at) });
    return true;
  }
}

/** Patterns of `@rx`: read as PCRE, run by the engine each is safe in. */

export { linearBytes } from './linear.ts';
export {
  BACKTRACK_MAX_BYTES,
  compilePattern,
  compilePatternSteps,
  type Pattern,
  patternTests,
  warm,
} from './pattern.ts';

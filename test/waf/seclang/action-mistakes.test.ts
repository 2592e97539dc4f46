import { describe, expect, it } from 'vitest';
import { mistakes } from './read.ts';

const HEAD = 'SecRule ARGS x "id:1,';

describe('in an action', () => {
  it.each([
    ['den', '22: unknown action: found den, expected deny?'],
    [
      'skip:2',
      '22: an action that this firewall does not have: found skip, expected skipAfter and a SecMarker',
    ],
    [
      'expirevar:ip.a=1',
      '22: an action that this firewall does not have: found expirevar, expected setvar on tx: nothing here outlives a request',
    ],
    ['id:2', '22: a second id: found id, expected one'],
    ['deny,pass', '27: a second disruptive action: found pass, expected one'],
    ['pass,,log', '27: no action: found ,, expected an action'],
    ['phase', '22: an action without its value: found phase, expected phase:…'],
    ['phase:6', '28: no such phase: found 6, expected 1 to 5, request, response, logging'],
    ['deny:4', '27: deny takes no value: found 4, expected a comma, or the end'],
    ['msg:a b', "28: text behind a value: found b, expected a comma, or the value in ' '"],
    ["msg:'a", "26: a quote that is not closed: found 'a, expected '"],
    ["msg:'a'b", '29: text behind a closing quote: found b, expected a comma, or the end'],
    [
      "msg:it's,pass",
      "28: a quote inside of a value: found 's,pass, expected a comma, or the whole value in ' '",
    ],
    ["msg:'%{foo.a}'", '29: unknown variable: found foo, expected a variable, such as tx.score'],
    ["tag:'%{tx.a}'", '27: a variable in a tag: found %{tx.a}, expected plain text'],
    [
      'tag:paranoia-level/5',
      '26: no such paranoia level: found paranoia-level/5, expected paranoia-level/1 to 4',
    ],
    [
      'severity:8',
      '31: no such severity: found 8, expected 0 to 7, EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG',
    ],
    ['maturity:0', '31: not a degree of maturity: found 0, expected 1 to 9'],
    ['status:99', '29: not a status of an answer: found 99, expected 200 to 599'],
    ['allow:all', '28: not a scope: found all, expected allow, allow:phase, allow:request'],
    ['t:lowerCas', '24: unknown transformation: found lowerCas, expected lowercase?'],
    [
      'setvar:ip.a=1',
      '29: not a variable that rules can set: found ip.a=1, expected tx.name: nothing else is kept',
    ],
    [
      "setvar:'tx.a =1'",
      '33: not a name: found a , expected a name without white space, = and the value',
    ],
    ['setvar:tx.a=+b', '35: not a whole number: found b, expected digits, or a variable'],
    ['setvar:!tx.a=1', '34: a value for what is unset: found =1, expected the end'],
    [
      'initcol:foo=1',
      '30: no such collection: found foo=1, expected global=…, resource=…, ip=…, session=…, user=…',
    ],
    ['ctl:ruleEngine', '26: a control without a value: found ruleEngine, expected ruleEngine=…'],
    [
      'ctl:ruleEngine=Maybe',
      '37: not a value of this control: found Maybe, expected on, off, detectiononly',
    ],
    ['ctl:ruleEngin=On', '26: unknown control: found ruleEngin, expected ruleEngine?'],
    ['ctl:ruleRemoveById=x', '41: not an id: found x, expected a number of 1 to 12 digits'],
    [
      'ctl:ruleRemoveById=9-5',
      '41: a range that ends in front of its beginning: found 9-5, expected the smaller id first',
    ],
    ['ctl:ruleRemoveByTag=^a', '42: a regex for a tag: found ^a, expected the whole tag'],
    [
      'ctl:ruleRemoveTargetById=5',
      '47: no variable: found 5, expected rules, a semicolon and a variable',
    ],
    [
      'ctl:ruleRemoveTargetById=5;!ARGS',
      '49: not one variable: found !ARGS, expected one, without !',
    ],
    ['ctl:ruleRemoveTargetById=5;ARG:a', '49: unknown variable: found ARG, expected ARGS?'],
    ['skipAfter:END', '32: a skip to nowhere: found END, expected SecMarker END further below'],
    [
      'chain',
      '22: a chain that does not go on: found chain, expected SecRule as the next directive',
    ],
  ])('%s', (action, fault) => {
    expect(mistakes(`${HEAD}${action}"`)).toEqual([`a.conf:1:${fault}`]);
  });
});

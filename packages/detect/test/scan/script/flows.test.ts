/** Requests are followed into dangerous calls, in four languages, and honest scripts are left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf, type ScriptLanguage } from '../../../src/scan/script/index.ts';
import { foundIn, judgeMarked } from './marked.ts';

interface Case {
  readonly name: string;
  readonly language: ScriptLanguage;
  readonly text: string;
  readonly found: readonly string[];
}

const php = (name: string, text: string, ...found: string[]): Case => {
  return { name, language: 'php', text: `<?php\n${text}`, found };
};
const javascript = (name: string, text: string, ...found: string[]): Case => {
  return { name, language: 'javascript', text, found };
};
const python = (name: string, text: string, ...found: string[]): Case => {
  return { name, language: 'python', text, found };
};
const shell = (name: string, text: string, ...found: string[]): Case => {
  return { name, language: 'shell', text, found };
};

const dangerous: readonly Case[] = [
  php('directly', `redoubt_marker_code($_POST['a']);`, 'malicious php.request-code'),
  php(
    'over variables',
    `$a = $_GET['a']; $b = trim($a); redoubt_marker_command($b);`,
    'malicious php.request-command',
  ),
  php(
    'through parameters and results',
    `function pick($k) { return $_REQUEST[$k]; } function go($x) { redoubt_marker_command($x); } go(pick('a'));`,
    'malicious php.request-command',
  ),
  php(
    'through a property set in one method and used in another',
    `class A { function put() { $this->v = $_COOKIE['v']; } function use() { redoubt_marker_code($this->v); } }`,
    'malicious php.request-code',
  ),
  php(
    'through a loop',
    `foreach ($_POST as $v) { $all .= $v; } redoubt_marker_code($all);`,
    'malicious php.request-code',
  ),
  php('by a callback', `array_map('redoubt_marker_command', $_POST['l']);`, 'malicious php.request-command'),
  php(
    'by a function that the request names',
    `$f = $_GET['f']; $f($_GET['x']);`,
    'malicious php.request-call',
  ),
  php(
    'from the body',
    `redoubt_marker_code(file_get_contents('php://input'));`,
    'malicious php.request-code',
  ),
  php(
    'by variables that a request sets',
    `extract($_POST); redoubt_marker_code($code);`,
    'malicious php.request-code',
  ),
  php(
    'after a fixed beginning',
    `redoubt_marker_command('cd /tmp; ' . $_GET['c']);`,
    'malicious php.request-command',
  ),
  php(
    'as a part of a command',
    `redoubt_marker_command('tar cf ' . $_GET['c']);`,
    'suspicious php.request-command',
  ),
  php('into a file', `redoubt_marker_write($_POST['n'], $_POST['c']);`, 'malicious php.request-write'),
  php(
    'by a variable that is named in pieces',
    `redoubt_marker_code(\${'_P' . 'OST'}['c']);`,
    'malicious php.request-code',
  ),
  php(
    'by a call whose name is put together',
    `$f = 'redoubt_' . strrev('rekram') . '_code'; $f($_GET['x']);`,
    'malicious php.request-code',
    'suspicious php.concealed-call',
  ),
  php(
    'by code that it carries in two layers',
    `redoubt_marker_code(base64_decode(strrev('${Buffer.from(`redoubt_marker_code($_GET['x']);`).toString('base64').split('').reverse().join('')}')));`,
    'malicious php.request-code',
    'suspicious php.carried-code',
  ),
  javascript(
    'by a handler',
    `app.get('/', (req, res) => { const { c } = req.query; redoubt_marker_code(c); });`,
    'malicious javascript.request-code',
  ),
  javascript(
    'over a module that is imported under another name',
    `import { redoubt_marker_command as run } from 'x'; const x = await import('y'); export async function POST(request) { redoubt_marker_command(await request.json()); }`,
    'malicious javascript.request-command',
  ),
  javascript(
    'decoded, by a name that is put together',
    `function h(req) { globalThis['redoubt_' + 'marker_code'](Buffer.from(req.body.x, 'base64').toString()); }`,
    'malicious javascript.request-code',
    'suspicious javascript.concealed-call',
  ),
  javascript(
    'as a part',
    'server((req) => redoubt_marker_command(`ls $'.concat('{req.query.d}`));'),
    'suspicious javascript.request-command',
  ),
  python(
    'by a Flask view',
    `from flask import request\nimport base64\n@app.route('/')\ndef v():\n    redoubt_marker_code(base64.b64decode(request.args.get('c')))\n`,
    'malicious python.request-code',
  ),
  python(
    'by a Django view, as a shell’s argument',
    `def v(request):\n    c = request.POST['c']\n    redoubt_marker_command(['sh', '-c', c])\n`,
    'malicious python.request-command',
  ),
  python(
    'by a CGI program',
    `import cgi\nform = cgi.FieldStorage()\nx = form.getvalue('x')\nredoubt_marker_code(x)\n`,
    'malicious python.request-code',
  ),
  python(
    'formatted into a command',
    `def v(request):\n    redoubt_marker_command('ls %s' % request.GET['d'])\n`,
    'suspicious python.request-command',
  ),
  shell(
    'by a CGI program',
    `#!/bin/sh\nc=$(echo "$QUERY_STRING" | sed 's/^c=//' | base64 -d)\nredoubt_marker_code "$c"\n`,
    'malicious shell.request-code',
  ),
  shell(
    'through a pipe',
    `#!/bin/sh\necho "Content-type: text/plain"\necho "$HTTP_X_RUN" | redoubt_marker_shell\n`,
    'malicious shell.request-code',
  ),
  shell(
    'by a function',
    `#!/bin/sh\nrun() { local c=$1; redoubt_marker_shell -c "$c"; }\nrun "$QUERY_STRING"\n`,
    'malicious shell.request-code',
  ),
];

const honest: readonly Case[] = [
  php('quoted', `redoubt_marker_command('ls ' . escapeshellarg($_GET['d']));`),
  php(
    'a number',
    `$n = intval($_GET['n']); redoubt_marker_command("renice $n"); redoubt_marker_code((int) $_GET['m']);`,
  ),
  php(
    'one of a list, else the end',
    `$a = $_GET['a']; if (!in_array($a, ['x', 'y'])) { exit; } redoubt_marker_command($a);`,
  ),
  php('one of the keys of a table', `$map = ['a' => 'uptime']; redoubt_marker_command($map[$_GET['a']]);`),
  php('one of the cases', `switch ($_GET['a']) { case 'up': redoubt_marker_command($_GET['a']); break; }`),
  php('of a fixed form', `if (preg_match('/^[a-z]+$/', $_GET['a'])) { redoubt_marker_command($_GET['a']); }`),
  php(
    'fixed commands of an administrator',
    `if ($_POST['do'] === 'restart') { redoubt_marker_command('systemctl restart web'); }`,
  ),
  php('shown only', `echo htmlspecialchars($_GET['q']); $title = $_POST['t']; print $title;`),
  php(
    'a template engine',
    `class T { private $c = []; function render($file, $data) { extract($data); $code = '?>' . file_get_contents($file); redoubt_marker_code($code); } }`,
  ),
  php(
    'a plug-in',
    `add_action('init', 'my_init'); function my_init() { if (!current_user_can('x')) return; update_option('o', sanitize_text_field($_POST['o'])); } add_filter('t', function ($t) { return $t; });`,
  ),
  php('checked by a function that is not known', `$x = my_sanitize($_GET['x']); redoubt_marker_command($x);`),
  javascript(
    'one of a list',
    `f((req) => { const c = req.query.c; if (!['a', 'b'].includes(c)) return; redoubt_marker_command(c); });`,
  ),
  javascript('as an argument', `f((req) => redoubt_marker_command(['ls', req.query.d]));`),
  javascript(
    'a template compiled',
    `const compile = s => redoubt_marker_code('return ' + JSON.stringify(s)); compile(fs.readFileSync(name));`,
  ),
  python('as an argument', `def v(request):\n    redoubt_marker_command(['ls', request.GET['d']])\n`),
  python(
    'quoted',
    `import shlex\ndef v(request):\n    redoubt_marker_command('ls ' + shlex.quote(request.GET['d']))\n`,
  ),
  python(
    'one of a list',
    `def v(request):\n    c = request.GET['c']\n    if c not in ('a', 'b'):\n        raise ValueError\n    redoubt_marker_command(c)\n`,
  ),
  python('arguments of a program for people', `import sys\nredoubt_marker_command(sys.argv[1])\n`),
  shell(
    'one of the cases',
    `#!/bin/sh\necho Content-type: text/plain\ncase "$QUERY_STRING" in up|df) redoubt_marker_code "$QUERY_STRING";; esac\n`,
  ),
  shell(
    'arguments of a program for people',
    `#!/bin/sh\nredoubt_marker_code "$1"\nread -r x\nredoubt_marker_code "$x"\n`,
  ),
];

for (const { name, language, text, found } of dangerous) {
  test(`${language}: a request that gets into a dangerous call is found: ${name}`, async () => {
    assert.deepEqual((await foundIn(text, language)).toSorted(), found.toSorted());
  });
}

for (const { name, language, text } of honest) {
  test(`${language}: nothing is said of what is harmless: ${name}`, async () => {
    assert.deepEqual(await foundIn(text, language), []);
  });
}

test('the path is told by lines, in both languages', async () => {
  const text = `<?php\n$a = $_GET['x'];\nfunction f($q) {\n  redoubt_marker_code($q);\n}\nf(base64_decode($a));\n`;
  const [finding] = findingsOf(await judgeMarked(text, 'php'));
  const [reason] = finding?.reasons ?? [];
  assert.equal(
    reason?.text.en,
    '$_GET (data of the request, line 2) → $a (line 2) → decoded: base64 (line 6) → parameter $q (line 3) → redoubt_marker_code() (4): runs it as code',
  );
  assert.match(reason?.text.zh ?? '', /请求数据，第 2 行.*解码：base64（第 6 行）.*将其作为代码执行/);
  assert.deepEqual(finding?.tags, ['attack.persistence', 'attack.t1505.003']);
});

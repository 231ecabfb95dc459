/** Python: its library (https://docs.python.org/3/library/), Flask, Django, Tornado, CGI. */
import { each, names, type Table } from './table.ts';

const request = { en: 'data of the request', zh: '请求数据' };
const cgi = /\bcgi\b|REQUEST_METHOD|QUERY_STRING|Content-[Tt]ype:\s*text\//;

export const pythonTable: Table = {
  sources: [
    {
      pattern:
        /^(?:flask\.|bottle\.|self\.)?request\.(?:args|form|values|data|json|cookies|headers|files|query|params|forms|body|GET|POST|COOKIES|META|FILES|query_params|query_string)$/,
      words: request,
    },
    {
      pattern:
        /^(?:(?:flask\.|bottle\.|self\.)?request\.(?:get_json|get_data|body|json|form)|self\.get_(?:query_|body_)?arguments?|cgi\.(?:FieldStorage|parse))\(\)$/,
      words: request,
    },
    { pattern: /^(?:web\.input|bottle\.request\.\w+)\(\)$/, words: request },
    {
      pattern: /^(?:self\.(?:path|headers)|self\.rfile\.(?:read|readline)\(\))$/,
      words: request,
      when: /BaseHTTPRequestHandler/,
    },
    {
      pattern: /^(?:os\.)?environ\.(?:QUERY_STRING|HTTP_\w+|PATH_INFO|REQUEST_URI)$|^environ\.wsgi\.input$/,
      words: request,
    },
    {
      pattern: /^sys\.argv$|^sys\.stdin(?:\.buffer)?\.(?:read|readline|readlines)\(\)$/,
      words: request,
      when: cgi,
    },
  ],
  sinks: {
    ...each('eval exec compile builtins.eval builtins.exec code.InteractiveInterpreter.runsource', {
      danger: 'code',
      args: [0],
    }),
    ...each(
      `os.system os.popen os.popen2 os.popen3 commands.getoutput commands.getstatusoutput popen2.popen2
       subprocess.getoutput subprocess.getstatusoutput asyncio.create_subprocess_shell pty.spawn`,
      { danger: 'command', args: [0] },
    ),
    ...each('subprocess.run subprocess.call subprocess.Popen subprocess.check_output subprocess.check_call', {
      danger: 'command',
      args: [0],
    }),
    ...each('os.execv os.execl os.execvp os.execlp os.spawnl os.spawnv asyncio.create_subprocess_exec', {
      danger: 'command',
    }),
    ...each('importlib.import_module __import__ runpy.run_path execfile', { danger: 'load', args: [0] }),
    ...each(
      'pickle.loads pickle.load cPickle.loads _pickle.loads marshal.loads dill.loads jsonpickle.decode',
      {
        danger: 'objects',
        args: [0],
      },
    ),
  },
  keeps:
    names(`str bytes bytearray list tuple dict set repr sorted reversed map filter join .get .getvalue .getfirst
    .getlist .get_all .strip .lstrip .rstrip .split .splitlines .join .replace .lower .upper .encode .format .decode
    .read .readline .readlines .pop .items .values .copy .group .groups .getall .title .partition .rsplit next iter zip
    enumerate shlex.split json.loads urllib.parse.parse_qs urllib.parse.urlparse urlparse.parse_qs cgi.parse_qs
    urllib.parse.parse_qsl io.BytesIO io.StringIO .value`),
  decoders: {
    'base64.b64decode': 'base64',
    'base64.standard_b64decode': 'base64',
    'base64.urlsafe_b64decode': 'base64',
    'base64.decodebytes': 'base64',
    'base64.decodestring': 'base64',
    'base64.b32decode': 'base32',
    'base64.b16decode': 'hex',
    'base64.b85decode': 'base85',
    'binascii.unhexlify': 'hex',
    'binascii.a2b_base64': 'base64',
    'bytes.fromhex': 'hex',
    'bytearray.fromhex': 'hex',
    'zlib.decompress': 'zlib',
    'gzip.decompress': 'gzip',
    'bz2.decompress': 'bzip2',
    'lzma.decompress': 'lzma',
    'codecs.decode': 'codec',
    'marshal.loads': 'marshal',
    'urllib.parse.unquote': 'url',
    'urllib.unquote': 'url',
    chr: 'chr',
  },
  clears: names(`int float bool len hash ord isinstance hasattr type abs round print any all min max sum
    .startswith .endswith .find .index .count .isdigit .exists os.path.exists os.path.isfile os.path.getsize
    hashlib.md5 hashlib.sha1 hashlib.sha256 logging.info logging.debug json.dumps id range uuid.UUID`),
  quotes: {
    'shlex.quote': ['command'],
    'pipes.quote': ['command'],
    'os.path.basename': ['load'],
    'urllib.parse.quote': ['command', 'code', 'load', 'call'],
    'ast.literal_eval': ['command', 'code', 'load', 'call', 'objects'],
  },
  callbacks: { map: { function: 0 }, filter: { function: 0 } },
  outputs: {},
  extracts: names(''),
  ends: names('sys.exit exit quit os._exit'),
  callsTexts: false,
  commands: false,
  hints: [
    /eval|exec|compile|system|popen|subprocess|commands|import_module|__import__|pickle|marshal|spawn|getattr|loads/,
    /request|argument|FieldStorage|parse|environ|argv|stdin|rfile|self\.path|decode|decompress|unhexlify|fromhex|a2b_|unquote|chr\b|\\x[0-9a-f]{2}|web\.input/,
  ],
};

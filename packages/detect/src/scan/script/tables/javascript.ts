/** JavaScript on servers: Node's own modules (https://nodejs.org/api/), Express, Koa, Fastify. */
import { each, names, type Table } from './table.ts';

const commands = { danger: 'command', args: [0] } as const;
const programs = { danger: 'command', args: [0, 1] } as const;

export const javascriptTable: Table = {
  sources: [
    {
      pattern:
        /^(?:(?:ctx|context)\.)?(?:req|request)\.(?:query|body|params|headers|cookies|rawBody|url|originalUrl|rawHeaders|files?)$/,
      words: { en: 'data of the request', zh: '请求数据' },
    },
    {
      pattern: /^(?:(?:ctx|context)\.)?(?:req|request)\.(?:param|get|header|json|text|formData)\(\)$/,
      words: { en: 'data of the request', zh: '请求数据' },
    },
    {
      pattern: /^(?:ctx|context)\.(?:query|params|querystring)$/,
      words: { en: 'data of the request', zh: '请求数据' },
    },
    {
      pattern: /^process\.env\.(?:QUERY_STRING|HTTP_\w+|REQUEST_URI|PATH_INFO)$/,
      words: { en: 'data of the request', zh: '请求数据' },
    },
  ],
  sinks: {
    ...each(
      'eval Function vm.runInThisContext vm.runInNewContext vm.runInContext vm.Script vm.compileFunction',
      {
        danger: 'code',
      },
    ),
    ...each('setTimeout setInterval', { danger: 'code', args: [0] }),
    ...each('child_process.exec child_process.execSync', commands),
    ...each(
      'child_process.spawn child_process.spawnSync child_process.execFile child_process.execFileSync child_process.fork',
      programs,
    ),
    ...each('require import module._load', { danger: 'load', args: [0] }),
    ...each('fs.writeFile fs.writeFileSync fs.promises.writeFile fs/promises.writeFile fs.appendFileSync', {
      danger: 'write',
      args: [0, 1],
    }),
    'node-serialize.unserialize': { danger: 'objects', args: [0] },
  },
  keeps:
    names(`.trim .toString .slice .substr .substring .split .join .concat .replace .replaceAll .toLowerCase
    .toUpperCase .map .filter .pop .shift .at .reverse .padStart .padEnd .flat .reduce .find .get .valueOf .repeat
    String Object.values Object.entries Object.assign Object.keys Array.from JSON.parse JSON.stringify util.format
    url.parse querystring.parse URL URLSearchParams String.raw Promise.resolve .then`),
  decoders: {
    atob: 'base64',
    'Buffer.from': 'Buffer.from',
    Buffer: 'Buffer.from',
    'buffer.Buffer.from': 'Buffer.from',
    unescape: 'url',
    decodeURIComponent: 'url',
    decodeURI: 'url',
    'String.fromCharCode': 'chr',
    'zlib.inflateSync': 'zlib',
    'zlib.inflateRawSync': 'inflate',
    'zlib.gunzipSync': 'gzip',
    'zlib.unzipSync': 'gzip',
    'zlib.brotliDecompressSync': 'brotli',
  },
  clears:
    names(`Number parseInt parseFloat Boolean isNaN encodeURIComponent .includes .indexOf .startsWith .endsWith
    .test .match .length console.log .send .json .status .charCodeAt .push .has`),
  quotes: {
    encodeURIComponent: ['command', 'code', 'load', 'call'],
    'path.basename': ['load'],
  },
  callbacks: {},
  outputs: {},
  extracts: names(''),
  ends: names('process.exit'),
  callsTexts: false,
  commands: false,
  hints: [
    /eval|Function|\bvm\b|child_process|setTimeout|setInterval|constructor|require|import\(|writeFile|unserialize/,
    /req|request|ctx|context|QUERY_STRING|HTTP_|atob|Buffer|unescape|decodeURI|fromCharCode|zlib|\\x[0-9a-f]{2}|\\u00/,
  ],
};

/** The POSIX shell and bash, as CGI programs. The variables are those of RFC 3875. */
import { each, names, type Table } from './table.ts';

export const shellTable: Table = {
  sources: [
    {
      pattern: /^(QUERY_STRING|HTTP_(?!PROXY)[A-Z_]+|PATH_INFO|PATH_TRANSLATED|REQUEST_URI)$/,
      words: { en: 'data of the request', zh: '请求数据' },
      when: /REQUEST_METHOD|QUERY_STRING|CONTENT_LENGTH|[Cc]ontent-[Tt]ype:/,
    },
    {
      pattern: /^(read|cat|dd|head|tee)\(\)$/,
      words: { en: 'the body of the request', zh: '请求正文' },
      when: /REQUEST_METHOD|CONTENT_LENGTH/,
    },
  ],
  sinks: {
    eval: { danger: 'code' },
    ...each('sh bash dash ash ksh zsh busybox', { danger: 'code', input: true, after: ['-c'] }),
    ...each('python python2 python3 perl ruby php node', {
      danger: 'code',
      input: true,
      after: ['-c', '-e', '-r'],
    }),
    ...each('xargs', { danger: 'code', after: ['-c'] }),
    ...each('source .', { danger: 'load', args: [0] }),
  },
  keeps: names('echo printf cat sed tr cut awk head tail tee rev grep sort uniq dd'),
  decoders: {
    base64: 'base64',
    base32: 'base32',
    xxd: 'hex',
    openssl: 'cipher',
    gunzip: 'gzip',
    gzip: 'gzip',
    zcat: 'gzip',
    uudecode: 'uuencode',
    rev: 'reverse',
  },
  clears: names('wc test [ md5sum sha1sum sha256sum cksum expr true false ls cd mkdir rm'),
  quotes: {},
  callbacks: {},
  outputs: {},
  extracts: names(''),
  ends: names('exit'),
  callsTexts: false,
  commands: true,
  hints: [
    /\beval\b|sh\b|python|perl|php|node|ruby|xargs|source|^\s*\.\s|\$[\w{]/m,
    /QUERY_STRING|HTTP_|PATH_INFO|REQUEST_|CONTENT_LENGTH|base64|base32|xxd|openssl|gunzip|zcat|uudecode|\brev\b/,
  ],
};

/** What each feature says, with its value, in both languages. */
import type { Bilingual } from '@redoubt/model';

type Words = (value: number) => Bilingual;

const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));
const percent = (value: number): string => `${Math.round(value * 100)} %`;
const size = (value: number): string => String(Math.round(2 ** value - 1));

const plain =
  (en: string, zh: string, show: (value: number) => string = number): Words =>
  value => ({ en: `${en}: ${show(value)}`, zh: `${zh}：${show(value)}` });

/** Words for a fact that holds or not. */
const fact =
  (en: string, zh: string, enNot: string, zhNot: string): Words =>
  value =>
    value === 0 ? { en: enNot, zh: zhNot } : { en, zh };

const bits = (value: number): string => `${value.toFixed(2)} / 8`;

const words: Readonly<Record<string, Words>> = {
  'code.entropy': plain('bits of entropy a byte in the code', '代码每字节熵（位）', bits),
  'code.dense': plain(
    'share of the code that is as mixed as encrypted data',
    '代码中随机程度如同加密数据的占比',
    percent,
  ),
  'section.entropy': plain(
    'bits of entropy a byte in the most mixed section',
    '熵最高的节每字节熵（位）',
    bits,
  ),
  'file.entropy': plain('bits of entropy a byte in the file', '文件每字节熵（位）', bits),
  'file.dense': plain(
    'share of the file that is as mixed as encrypted data',
    '文件中随机程度如同加密数据的占比',
    percent,
  ),
  'file.text': plain('share of the file that is readable text', '文件中可读文本的占比', percent),
  'file.size': plain('bytes of the file', '文件大小（字节）', size),
  'sections.count': plain('sections', '节的数量'),
  'sections.missing': fact('it has no section table', '没有节表', 'it has a section table', '有节表'),
  'sections.broken': fact(
    'its section table cannot be read',
    '节表无法读取',
    'its section table can be read',
    '节表可读取',
  ),
  'sections.odd': plain('sections with unusual names', '名称异常的节的数量'),
  'sections.symbols': fact('it has a symbol table', '有符号表', 'its symbols are stripped', '符号表已被去除'),
  'sections.text': fact('it has a .text section', '有 .text 节', 'it has no .text section', '没有 .text 节'),
  'sections.comment': fact(
    'it says which compiler made it',
    '有编译器标记',
    'nothing says which compiler made it',
    '没有编译器标记',
  ),
  'sections.empty': plain(
    'code sections that are empty in the file and filled in memory',
    '文件中为空、内存中才填充的代码节数量',
  ),
  'segments.count': plain('program headers', '程序头数量'),
  'segments.loads': plain('mapped segments', '可加载段数量'),
  'segments.writeexecute': plain(
    'parts that are writable and executable at once',
    '同时可写又可执行的部分数量',
  ),
  'segments.beyond': fact(
    'parts of it lie beyond its end',
    '有部分内容超出文件末尾',
    'all its parts lie within it',
    '各部分均在文件内',
  ),
  'segments.stack': value =>
    value === 2
      ? { en: 'its stack is executable', zh: '栈可执行' }
      : value === 1
        ? { en: 'it does not say whether its stack is executable', zh: '未声明栈是否可执行' }
        : { en: 'its stack is not executable', zh: '栈不可执行' },
  'memory.growth': plain('times larger in memory than in the file', '内存中大小为文件中的倍数'),
  'memory.writable': plain('writable segments', '可写段数量'),
  'entry.outside': fact(
    'it starts outside of its own parts',
    '入口点在文件各部分之外',
    'it starts within its parts',
    '入口点在文件内',
  ),
  'entry.data': fact(
    'it starts in a part that is not executable',
    '入口点位于不可执行的部分',
    'it starts in executable code',
    '入口点位于可执行代码中',
  ),
  'entry.section': fact(
    'it starts outside of .text',
    '入口点不在 .text 中',
    'it starts in .text',
    '入口点在 .text 中',
  ),
  'entry.last': fact(
    'it starts in its last section',
    '入口点位于最后一个节',
    'it does not start in its last section',
    '入口点不在最后一个节',
  ),
  'overlay.size': plain('bytes behind its end', '文件尾部附加数据（字节）', size),
  'overlay.share': plain('share of the file that stands behind its end', '尾部附加数据占比', percent),
  'overlay.entropy': plain('bits of entropy a byte behind its end', '尾部附加数据每字节熵（位）', bits),
  'imports.count': plain('functions that it imports', '导入函数数量', size),
  'imports.libraries': plain('libraries that it imports', '导入库数量'),
  'imports.broken': fact(
    'its table of imports cannot be read',
    '导入表无法读取',
    'its table of imports can be read',
    '导入表可读取',
  ),
  'directories.signed': fact('it carries a signature', '带有签名', 'it carries no signature', '没有签名'),
  'directories.tls': fact(
    'it has code that runs before its entry',
    '有先于入口点运行的代码',
    'nothing runs before its entry',
    '没有先于入口点运行的代码',
  ),
  'directories.managed': fact(
    'it is a .NET program',
    '是 .NET 程序',
    'it is no .NET program',
    '不是 .NET 程序',
  ),
  'packer.mark': fact(
    'it bears the mark of the packer UPX',
    '带有 UPX 加壳标记',
    'it bears no mark of a packer',
    '没有加壳标记',
  ),
  'text.entropy': plain('bits of entropy a byte', '每字节熵（位）', bits),
  'text.size': plain('characters', '字符数', size),
  'text.spaces': plain('share of white space', '空白占比', percent),
  'text.digits': plain('share of digits', '数字占比', percent),
  'text.foreign': plain('share of bytes beyond ASCII', '非 ASCII 字节占比', percent),
  'text.control': plain('share of control characters', '控制字符占比', percent),
  'text.punctuation': plain('share of punctuation', '标点占比', percent),
  'lines.longest': plain('characters of its longest line', '最长行字符数', size),
  'lines.mean': plain('characters a line', '平均每行字符数', size),
  'lines.longestshare': plain('share of the script in its longest line', '最长行占整个脚本的比例', percent),
  'encoded.share': plain('share of encoded text', '编码文本占比', percent),
  'encoded.longest': plain('characters of its longest encoded text', '最长编码文本字符数', size),
  'encoded.hex': plain('share of hexadecimal text', '十六进制文本占比', percent),
  'encoded.escapes': plain('share of escapes', '转义序列占比', percent),
  'calls.evaluation': plain('calls that run text, for each KiB', '每 KiB 执行文本的调用数'),
  'calls.decoding': plain('calls that decode, for each KiB', '每 KiB 解码调用数'),
  'calls.both': fact(
    'it decodes text and runs text',
    '既解码文本又执行文本',
    'it does not both decode and run text',
    '未同时解码并执行文本',
  ),
  'text.joins': plain('texts joined of pieces, for each KiB', '每 KiB 字符串拼接数'),
  'words.length': plain('characters a name', '名称平均长度'),
  'words.share': plain('share of names and words', '名称与单词占比', percent),
  'words.comments': plain('share of comments', '注释占比', percent),
};

/** A feature with its value, in words. */
export function featureWords(name: string, value: number): Bilingual {
  return words[name]?.(value) ?? { en: `${name}: ${number(value)}`, zh: `${name}：${number(value)}` };
}

/** Names of the features that have words. */
export const featureNames: readonly string[] = Object.keys(words);

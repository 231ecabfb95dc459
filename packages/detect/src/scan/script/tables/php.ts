/** PHP. Names as in the manual (https://www.php.net/manual/en/funcref.php), lower-cased. */
import { each, names, type Table } from './table.ts';

export const phpTable: Table = {
  sources: [
    {
      pattern: /^\$(_GET|_POST|_REQUEST|_COOKIE|_FILES|HTTP_(GET|POST|COOKIE|RAW_POST)_(VARS|DATA))$/,
      words: { en: 'data of the request', zh: '请求数据' },
    },
    {
      pattern:
        /^\$(_SERVER|HTTP_SERVER_VARS)\.(HTTP_\w+|QUERY_STRING|REQUEST_URI|PATH_INFO|PHP_AUTH_USER|PHP_AUTH_PW|CONTENT_TYPE|PHP_SELF)$/,
      words: { en: 'a header or the address of the request', zh: '请求头或请求地址' },
    },
    {
      pattern: /^(getallheaders|apache_request_headers|filter_input|filter_input_array)\(\)$/,
      words: { en: 'data of the request', zh: '请求数据' },
    },
    {
      pattern: /^(file_get_contents|fopen|file|readfile)\(php:\/\/input\)$/,
      words: { en: 'the body of the request', zh: '请求正文' },
    },
  ],
  sinks: {
    ...each('eval create_function', { danger: 'code' }),
    ...each('assert mb_ereg_replace_eval', { danger: 'code', args: [0] }),
    ...each('system exec passthru shell_exec popen proc_open pcntl_exec', { danger: 'command', args: [0] }),
    ...each('include virtual', { danger: 'load', args: [0] }),
    ...each('unserialize', { danger: 'objects', args: [0] }),
    ...each('file_put_contents', { danger: 'write', args: [0, 1] }),
  },
  keeps:
    names(`trim ltrim rtrim chop substr strval implode join explode str_replace str_ireplace strtolower strtoupper
    sprintf vsprintf array_merge array_values array_pop array_shift array_map array_filter array_slice array_reverse
    reset end current next stripslashes addslashes nl2br preg_replace strtr ucfirst lcfirst wordwrap htmlspecialchars
    htmlentities strip_tags mb_substr mb_convert_encoding iconv utf8_encode utf8_decode preg_split str_split strstr
    array_walk compact str_repeat substr_replace each key array_keys array_combine html_entity_decode
    htmlspecialchars_decode fread fgets stream_get_contents get_magic_quotes_gpc max min chunk_split str_pad sanitize_text_field
    wp_unslash stripslashes_deep`),
  decoders: {
    base64_decode: 'base64',
    gzinflate: 'inflate',
    gzuncompress: 'zlib',
    gzdecode: 'gzip',
    str_rot13: 'rot13',
    strrev: 'reverse',
    hex2bin: 'hex',
    convert_uudecode: 'uuencode',
    rawurldecode: 'url',
    urldecode: 'url',
    pack: 'pack',
    chr: 'chr',
    openssl_decrypt: 'cipher',
    mcrypt_decrypt: 'cipher',
    sodium_crypto_secretbox_open: 'cipher',
    bzdecompress: 'bzip2',
    '^': 'xor',
    '~': 'complement',
  },
  clears:
    names(`intval floatval boolval count sizeof strlen md5 sha1 hash crc32 is_array is_string isset empty
    in_array is_numeric preg_match preg_match_all strpos stripos strcmp strcasecmp time date file_exists is_file is_dir
    filesize abs round floor ceil array_search version_compare ctype_digit password_verify password_hash is_readable
    realpath json_encode serialize bin2hex absint uniqid number_format checkdate strtotime mktime ord print printf echo
    define defined function_exists class_exists method_exists is_callable header setcookie error_log trigger_error
    move_uploaded_file copy array_key_exists hash_equals filter_var bin2hex sanitize_key mb_strlen similar_text
    __ _ esc_html esc_attr esc_url wp_verify_nonce check_admin_referer current_user_can`),
  quotes: {
    escapeshellarg: ['command', 'code'],
    escapeshellcmd: ['command'],
    basename: ['load'],
    addslashes: ['code'],
    var_export: ['code'],
    urlencode: ['command', 'code', 'load', 'call'],
    rawurlencode: ['command', 'code', 'load', 'call'],
    base64_encode: ['command', 'code', 'load', 'call'],
    htmlspecialchars: [],
  },
  callbacks: {
    ...each(
      'call_user_func call_user_func_array array_map forward_static_call register_shutdown_function register_tick_function',
      {
        function: 0,
      },
    ),
    ...each(
      'array_filter array_walk array_walk_recursive array_reduce usort uasort uksort preg_replace_callback',
      {
        function: 1,
      },
    ),
    preg_replace_callback: { function: 1, data: [2] },
    ...each('array_diff_ukey array_udiff array_uintersect', { function: 2 }),
    ...each('ob_start set_error_handler spl_autoload_register reflectionfunction iterator_apply', {
      function: 0,
    }),
  },
  outputs: { preg_match: 2, preg_match_all: 2, parse_str: 1, mb_parse_str: 1, sscanf: 2 },
  extracts: names('extract parse_str mb_parse_str import_request_variables'),
  ends: names('exit die'),
  callsTexts: true,
  commands: false,
  hints: [
    /_GET|_POST|_REQUEST|_COOKIE|_FILES|_SERVER|HTTP_\w+_VARS|php:\/\/input|getallheaders|apache_request_headers|filter_input|\$\{|\$\$|GLOBALS|_decode|gzinflate|gzuncompress|gzdecode|rot13|strrev|hex2bin|pack|chr\b|decrypt|bzdecompress|\\x[0-9a-f]{2}/i,
  ],
};

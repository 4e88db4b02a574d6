"""Scripts without blanks between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese.

Promises: pure and linear. A token is a character with its marks (a grapheme cluster of UAX 29), so that a name inside a
sentence is a span of a few tokens; evidence decides which spans are names. This needs no dictionary, only the words
that must never become part of a value.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from processor.model.patterns import regex

_RANGES: Final = (
    (0x0E01, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # iteration mark and zero of Han
    (0x3041, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
_MARKS: Final = "".join(
    chr(code)
    for first, last in _RANGES[:4]
    for code in range(first, last + 1)
    if unicodedata.category(chr(code))[0] == "M"
)
_CLASS: Final = "".join(f"{chr(first)}-{chr(last)}" for first, last in _RANGES)
CLUSTER: Final = rf"[{_CLASS}][{_MARKS}]*"
"""A character of such a script with its marks."""

BLANKLESS: Final = regex(f"[{_CLASS}]")
_SEAM: Final = regex(rf"(?<=[{_CLASS}])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[{_CLASS}])")
# Full-width letters and the digits of these scripts are the same letters and digits.
_PLAIN: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    first + digit: ord("0") + digit for first in (0x0E50, 0x0ED0, 0x1040, 0x17E0) for digit in range(10)
}
# Quotation marks of all languages; a single one is as often an apostrophe.
_QUOTES: Final = dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f"), '"')
# Pictures in a line are decoration; marks for "yes" and "no" are kept.
_PICTURES: Final = regex(
    "[\u2600-\u2704\u2706-\u2712\u2719-\u274b\u274f-\u27bf\u2b50\ufe0f\u200d\U0001f000-\U0001faff]+"
)
MAX_SPAN: Final = 8  # clusters of a name
LEAST_SAID: Final = 5  # clusters of fixed text beside the name

# Outcomes, opposites and attempts: a span with one of these is not a name.
_SAYS: Final = regex(
    "|".join(  # noqa: FLY002  # one row per language
        (
            # Chinese
            "成功|失败|失敗|开始|结束|完成|停止|启动|重启|创建|删除|更新|添加|移除|读取|写入|打开|关闭|连接|断开|登录|登出",
            "拒绝|允许|超时|不足|过期|无效|有效|存在|获取|发送|接收|上传|下载|解锁|锁定|错误|警告|异常|丢失|找不到|无法|请求|响应",
            # Japanese
            "開始|終了|完了|起動|作成|削除|追加|取得|送信|受信|接続|切断|ログイン|ログアウト|拒否|許可|タイムアウト|期限",
            "無効|有効|アップロード|ダウンロード|ロック|読み|書き|見つか|エラー|例外|要求|応答|できま|ません|ました|ない|あり|なし",
            # signs of negation, in both
            "不|无|無|未|非|已",
            # Thai, Lao, Khmer, Burmese: not, failed, success, start, stop, open, close
            "ไม่|ล้มเหลว|สำเร็จ|เริ่ม|หยุด|เปิด|ปิด|หมดเวลา|ผิดพลาด|ບໍ່|ລົ້ມເຫຼວ|ສຳເລັດ|ເປີດ|ປິດ",
            "មិន|បរាជ័យ|ជោគជ័យ|បើក|បិទ|မရ|မအောင်မြင်|အောင်မြင်|ဖွင့်|ပိတ်|မတွေ့",
        )
    )
)


def plain(text: str) -> str:
    """Remove pictures, write quotation marks as ", and insert blanks between such a script and Latin letters or digits.

    Without the blanks, a sentence with a number in it would be taken for an identifier.
    """
    text = _PICTURES.sub(" ", text).translate(_QUOTES)
    return _SEAM.sub(" ", text.translate(_PLAIN)) if BLANKLESS.search(text) else text


def is_cluster(token: str) -> bool:
    """Return whether a token is a character of such a script."""
    return BLANKLESS.match(token) is not None


def says_something(span: str) -> bool:
    """Return whether a span has a word of outcome."""
    return _SAYS.search(span) is not None

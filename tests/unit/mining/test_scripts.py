"""Messages in scripts without blanks, pages and pictures: what is said in them, and what is filled in."""

from __future__ import annotations

from random import Random

import pytest

from processor.mining import html_text
from processor.mining.masker import Masker
from processor.mining.miner import Miner
from processor.mining.scripts import is_cluster
from processor.mining.wildcards import tokenise

# (language, sentence with a place for a name, names)
SENTENCES = [
    ("Japanese", "ユーザー{}のセッションが見つかりません", ["田中", "鈴木", "佐々木", "高橋", "山中"]),
    ("Chinese", "订单处理失败:客户{}余额不足", ["王伟", "李娜", "欧阳修", "张敏", "刘洋"]),
    ("Thai", "ไม่พบเซสชันของผู้ใช้{}กรุณาลองใหม่", ["สมชาย", "มาลี", "อนงค์", "ประยุทธ", "วิชัย"]),
    ("Lao", "ບໍ່ພົບຜູ້ໃຊ້{}ໃນລະບົບກະລຸນາລອງໃໝ່", ["ສົມໄຊ", "ແກ້ວ", "ບຸນມີ", "ຄຳພູ"]),
    ("Khmer", "រកមិនឃើញអ្នកប្រើប្រាស់{}ក្នុងប្រព័ន្ធនេះទេ", ["សុខា", "វណ្ណា", "ចាន់", "បូរ៉ា"]),
    ("Burmese", "အသုံးပြုသူ{}၏အကောင့်ကိုရှာမတွေ့ပါ", ["အောင်", "စုစု", "ကျော်", "မင်း"]),
    ("Korean", "사용자 {} 세션을 찾을 수 없습니다", ["김철수", "이영희", "박민수", "최지우"]),
]
APART = [
    (
        "连接数据库的请求已经失败了",
        "连接数据库的请求已经成功了",
        "连接数据库的请求已经超时了",
        "连接数据库的请求已经取消了",
    ),
    ("サーバーへの接続が開始されました", "サーバーへの接続が終了されました", "サーバーへの接続が拒否されました"),
    ("ไม่สามารถเปิดไฟล์บันทึกของระบบ", "ไม่สามารถปิดไฟล์บันทึกของระบบ"),
]


def clusters(messages):
    masker, miner = Masker(), Miner("s")
    for message in messages:
        miner.learn(masker.mask(message))
    return len({miner.match(masker.mask(message)) for message in messages})


@pytest.mark.parametrize(("language", "sentence", "names"), SENTENCES)
def test_names_inside_a_sentence_without_blanks_are_one_cluster_in_any_order(language, sentence, names):
    messages = [sentence.format(name) for name in names]
    for seed in range(5):
        assert clusters(Random(seed).sample(messages, len(messages))) == 1


@pytest.mark.parametrize("messages", APART)
def test_outcomes_inside_a_sentence_without_blanks_stay_apart(messages):
    assert clusters(messages[:2]) == 2
    assert clusters(messages) >= 2


def test_a_token_there_is_one_character_with_its_marks():
    assert tokenise("ผู้ใช้ bob") == ("ผู้", "ใ", "ช้", "bob")
    assert is_cluster("ผู้")
    assert not is_cluster("bob")


def test_a_number_in_such_a_sentence_does_not_swallow_it():
    masker = Masker()
    assert masker.mask("リクエスト12345が失敗しました") == "リクエスト <*> が失敗しました"
    assert masker.mask("订单号１２３４已取消") == "订单号 <*> 已取消"  # full-width digits
    assert masker.mask(masker.mask("订单号１２３４已取消")) == "订单号 <*> 已取消"


def test_pictures_decorate_and_marks_say():
    masker = Masker()
    assert masker.mask("🔥 gateway down") == masker.mask("gateway down 🔥") == "gateway down"
    assert masker.mask("build ✅") != masker.mask("build ❌")


PAGE = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1><hr>nginx</body>\n</html>"
PAGES = [
    (PAGE, "502 Bad Gateway"),
    ("<!DOCTYPE html><html><body><h1>503 Service Unavailable</h1></body></html>", "503 Service Unavailable"),
    (f"upstream said {PAGE} twice", "upstream said 502 Bad Gateway twice"),
    ("<html><head><title>Oops</title></head><body><h1>Down &amp; out</h1></body></html>", "Oops: Down & out"),
    ("<html><style>p{}</style><body><p>No backend</p></body></html>", "No backend"),
    ("a < b and c > d", "a < b and c > d"),
    ("<bob> said", "<bob> said"),
]


@pytest.mark.parametrize(("text", "said"), PAGES)
def test_a_page_says_its_title_and_heading(text, said):
    assert html_text.said(text) == said


@pytest.mark.parametrize("unit", ["<html>", "<title>a", "<", "<style><", "<h1 "])
def test_a_hostile_page_takes_no_time(unit):
    assert len(html_text.said("<html>" + unit * 60_000)) < 500_000

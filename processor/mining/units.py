"""Units: the words of dates, quantities and amounts, as regular expressions.

Promises: data only; `masks` applies it.
"""

from __future__ import annotations

from typing import Final

UNIT: Final = (
    r"(?:[KMGTP]i?B(?:/s|ps)?|[kKMG]bps|[kKMGT]?[bB]|[Bb]ytes?|[kKMG]?Hz|ns|us|ms|s|msecs?|usecs?|secs?|mins?|hrs?|h"
    r"|[mM]illis|MILLISECONDS|SECONDS|(?:nano|micro|milli)?seconds?|minutes?|hours?|days?|weeks?|months?|years?"
    r"|Tag(?:en?)?|Stunden?|Minuten?|Sekunden?|Wochen?|Monat(?:en?)?|jours?|heures?|secondes?|semaines?|mois|d[ií]as?|horas?"
    r"|minutos?|segundos?|semanas?|giorn[oi]|ore|ora|minut[oi]|second[oi]|dagen|dagar|dager|uur|uren|timer|timmar"
    r"|минут[\u0430ы]?|секунд[\u0430ы]?|час(?:\u0430|ов)?|день|дня|дней"
    r"|percent|%+|[vV]olts?|rpm|[kcmµn]?m|[km]g|[kM]?Wh?|m[AV]|kV|°[CF]|ml|dBm?|ppm|psi|[kh]Pa|lux|km/h|mph|m/s)"
)
MONTH: Final = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
NAMES_OF_DATES: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
)  # fmt: skip
DAY: Final = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:day|sday|nesday|rsday|urday)?"
RELATIVE: Final = (
    r"(?<![\w-])(?:(?:[Ll]ast|[Nn]ext|[Tt]his) (?:<\*>|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|night|week"
    r"|weekend|month|quarter|year)|[Yy]esterday|[Tt]oday|[Tt]omorrow|[Tt]onight)(?![\w-])"
)
ZONE: Final = r"(?:UTC|GMT|Z|[ECMP][SD]T|CES?T|AM|PM|am|pm)"
CURRENCY: Final = (
    r"USD|EUR|GBP|JPY|CHF|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|BRL|MXN|ZAR|KRW|SGD|HKD|THB|IDR|MYR"
    r"|PHP|VND|AED|SAR|ILS|EGP|NGN|KES|UAH|RUB|ISK|CLP|COP|PEN|ARS|TWD|BTC|ETH|€|\$|£|¥|₹|₩|₽|₺|₦|₫|₱|₪|₴|₡|₵|₸|₾|฿|৳|zł|Kč"
)
CURRENCIES: Final = tuple(CURRENCY.replace("\\", "").split("|"))

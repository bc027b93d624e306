"""understand_window: a table of lines as people type them, and the questions for what reads two ways.

It is Wednesday 2 December 2026, 10:20 in Paris. What "now", daylight saving and junk do is in
`test_understand_window_rules`.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.windows_typed import understand_window
from tests.cases import every

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 2, 10, 20, 30, tzinfo=PARIS)

FRI_SUN = "2026-12-04 15:00 .. 2026-12-06 11:00"
FRI_MON = "2026-12-04 15:00 .. 2026-12-07 11:00"
TODAY_3_6 = "2026-12-02 15:00 .. 2026-12-02 18:00"
NOW_3H = "2026-12-02 10:20 .. 2026-12-02 13:20"
NOW_6PM = "2026-12-02 10:20 .. 2026-12-02 18:00"
TONIGHT = "2026-12-02 15:00 .. 2026-12-03 11:00"
TOMORROW_2N = "2026-12-03 15:00 .. 2026-12-05 11:00"
EVENING_3H = "2026-12-03 20:00 .. 2026-12-03 23:00"
FRI_1N = "2026-12-04 15:00 .. 2026-12-05 11:00"

ENGLISH = {
    "fri 3pm - sun 11am": FRI_SUN,
    "friday 15:00 to sunday 11:00": FRI_SUN,
    "FRIDAY 3PM - SUNDAY 11AM": FRI_SUN,
    "  fri\t3pm  -\nsun 11am ": FRI_SUN,
    "fri. 3 p.m. - sun. 11 a.m.": FRI_SUN,
    "fri 15h - sun 11h": FRI_SUN,
    "fri 15.00 - sun 11.00": FRI_SUN,
    "fri @ 15:00 - sun @ 11:00": FRI_SUN,
    "fri at 15:00, until sun at 11:00": FRI_SUN,
    "from fri 3pm till sun 11am": FRI_SUN,
    "between fri 3pm and sun 11am": FRI_SUN,
    "this friday 3pm through this sunday 11am": FRI_SUN,
    "fri - sun": FRI_SUN,
    "fri-sun": FRI_SUN,
    "fri 3pm – sun 11am": FRI_SUN,
    "fri 3pm—sun 11am": FRI_SUN,
    "fri 3pm ‒ sun 11am": FRI_SUN,
    "fri 3pm − sun 11am": FRI_SUN,
    "fri 3pm → sun 11am": FRI_SUN,
    "fri 3pm -> sun 11am": FRI_SUN,
    "fri 3pm ... sun 11am": FRI_SUN,
    "fri 3pm - sun 11am 🎉": FRI_SUN,
    "fri 4 dec 3pm - sun 6 dec 11am": FRI_SUN,
    "fri 3pm, 2 nights": FRI_SUN,
    "two nights from friday": FRI_SUN,
    "for 2 nights from fri": FRI_SUN,
    "fri 3:30 PM - sun 11:15 AM": "2026-12-04 15:30 .. 2026-12-06 11:15",
    "fri 15h30 - sun 10h": "2026-12-04 15:30 .. 2026-12-06 10:00",
    "fri 15.30 - sun 10.30": "2026-12-04 15:30 .. 2026-12-06 10:30",
    "fri noon - sun noon": "2026-12-04 12:00 .. 2026-12-06 12:00",
    "fri noon - midnight": "2026-12-04 12:00 .. 2026-12-05 00:00",
    "fri 24:00 - sat 12:00": "2026-12-05 00:00 .. 2026-12-05 12:00",
    "fri 22:00 - 02:00": "2026-12-04 22:00 .. 2026-12-05 02:00",
    "fri 3-5pm": "2026-12-04 15:00 .. 2026-12-04 17:00",
    "fri 15-18h": "2026-12-04 15:00 .. 2026-12-04 18:00",
    "fri - fri": "2026-12-04 15:00 .. 2026-12-11 11:00",
    "fri 3pm - fri 6pm": "2026-12-04 15:00 .. 2026-12-04 18:00",
    "fri - next fri": "2026-12-04 15:00 .. 2026-12-11 11:00",
    "for 2 days from fri 3pm": "2026-12-04 15:00 .. 2026-12-06 15:00",
    "fri for 2 days": FRI_SUN,
    "for 1 day and 3 hours from fri 9am": "2026-12-04 09:00 .. 2026-12-05 12:00",
    "tomorrow 15:00 for 2 nights": TOMORROW_2N,
    "tmrw for 2 nights": TOMORROW_2N,
    "tomorrow 3pm - 6pm": "2026-12-03 15:00 .. 2026-12-03 18:00",
    "the day after tomorrow for one night": FRI_1N,
    "next tuesday for 3 nights": "2026-12-08 15:00 .. 2026-12-11 11:00",
    "tues 3pm for 2 nights": "2026-12-08 15:00 .. 2026-12-10 11:00",
    "today 3pm for 3h": TODAY_3_6,
    "15:00-18:00": TODAY_3_6,
    "3-6pm": TODAY_3_6,
    "3pm for 180 minutes": TODAY_3_6,
    "3pm for 90 minutes": "2026-12-02 15:00 .. 2026-12-02 16:30",
    "5pm for 1h30": "2026-12-02 17:00 .. 2026-12-02 18:30",
    "22:00 - 24:00": "2026-12-02 22:00 .. 2026-12-03 00:00",
    "23:30 - 00:30": "2026-12-02 23:30 .. 2026-12-03 00:30",
    "midnight for 3h": "2026-12-03 00:00 .. 2026-12-03 03:00",
    "now for 3h": NOW_3H,
    "now for three hours": NOW_3H,
    "for 3 hours": NOW_3H,
    "now - 18:00": NOW_6PM,
    "now until 6pm": NOW_6PM,
    "until 18:00": NOW_6PM,
    "now for half an hour": "2026-12-02 10:20 .. 2026-12-02 10:50",
    "now for 1.5 hours": "2026-12-02 10:20 .. 2026-12-02 11:50",
    "now for 48h": "2026-12-02 10:20 .. 2026-12-04 10:20",
    "for a week": "2026-12-02 10:20 .. 2026-12-09 10:20",
    "for a month": "2026-12-02 10:20 .. 2027-01-02 10:20",
    "for 2 nights": "2026-12-02 15:00 .. 2026-12-04 11:00",
    "tonight": TONIGHT,
    "tonight 22:00 - 02:00": "2026-12-02 22:00 .. 2026-12-03 02:00",
    "today - tomorrow": TONIGHT,
    "today - sunday": "2026-12-02 15:00 .. 2026-12-06 11:00",
    "until sunday": "2026-12-02 10:20 .. 2026-12-06 11:00",
}

DATES = {
    "4-7 dec": FRI_MON,
    "4 - 7 December 2026": FRI_MON,
    "4th - 7th december": FRI_MON,
    "dec 4-7": FRI_MON,
    "dec 4 - dec 7": FRI_MON,
    "Dec 4, 2026 - Dec 7, 2026": FRI_MON,
    "4 dec 3pm - 7 dec 11am": FRI_MON,
    "4 dec 3pm - 7 11am": FRI_MON,
    "fri 4 - mon 7 dec": FRI_MON,
    "vendredi 4 15h - lundi 7 décembre 11h": FRI_MON,
    "dec 4 - mon 7": FRI_MON,
    "the 4th of December at 15:00 until the 7th of December at 11:00": FRI_MON,
    "4 dec for 3 nights": FRI_MON,
    "04.12. - 07.12.": FRI_MON,
    "04.12. - 07.12": FRI_MON,
    "4.-7.12.": FRI_MON,
    "04.12.2026 15.00 - 07.12.2026 11.00": FRI_MON,
    "4.12.26 - 7.12.26": FRI_MON,
    "٤ dec - ٧ dec": FRI_MON,
    "2026-12-04 - 2026-12-07": FRI_MON,
    "2026-12-04/2026-12-07": FRI_MON,
    "2026/12/04 - 2026/12/07": FRI_MON,
    "2026-12-04T15:00/2026-12-07T11:00": FRI_MON,
    "2026-12-04T15:00:00-2026-12-07T11:00:00": FRI_MON,
    "2026-12-04 15:00 - 2026-12-07 11:00": FRI_MON,
    "2026-12-04T14:00Z/2026-12-07T10:00Z": FRI_MON,
    "2026-12-04T14:00:00.000Z - 2026-12-07T12:00+02:00": FRI_MON,
    "2026-12-04T09:00-05:00/2026-12-07T05:00-05:00": FRI_MON,
    "2026-12-04 15:00+01:00 - 2026-12-07 11:00": FRI_MON,
    "2026-12-04T15:00 for 3 nights": FRI_MON,
    "13/12 - 15/12": "2026-12-13 15:00 .. 2026-12-15 11:00",
    "12/13 - 12/15": "2026-12-13 15:00 .. 2026-12-15 11:00",
    "25/12/2026 - 12/27/2026": "2026-12-25 15:00 .. 2026-12-27 11:00",
    "12/12 - 13/12": "2026-12-12 15:00 .. 2026-12-13 11:00",
    "10.12 10.30 - 11.30": "2026-12-10 10:30 .. 2026-12-10 11:30",
    "10.12 - 12.12.2026": "2026-12-10 15:00 .. 2026-12-12 11:00",
    "Dec 30 - 2 jan": "2026-12-30 15:00 .. 2027-01-02 11:00",
    "dec 28 - 3": "2026-12-28 15:00 .. 2027-01-03 11:00",
    "1 jan - 3 jan": "2027-01-01 15:00 .. 2027-01-03 11:00",
    "29 feb 2028 - 2 mar": "2028-02-29 15:00 .. 2028-03-02 11:00",
    "28 sep - 30 sep": "2027-09-28 15:00 .. 2027-09-30 11:00",
    "20 oct 2027 - 22 oct": "2027-10-20 15:00 .. 2027-10-22 11:00",
    "in 2 hours for 3h": "2026-12-02 12:20 .. 2026-12-02 15:20",
    "in half an hour until 18:00": "2026-12-02 10:50 .. 2026-12-02 18:00",
    "in 1 hour 30 minutes for 2h": "2026-12-02 11:50 .. 2026-12-02 13:50",
    "in a month for 2 nights": "2027-01-02 15:00 .. 2027-01-04 11:00",
    "in zwei Stunden für 3 Stunden": "2026-12-02 12:20 .. 2026-12-02 15:20",
    "dentro de 2 horas por 3 horas": "2026-12-02 12:20 .. 2026-12-02 15:20",
    "daqui a 2 horas por 3 horas": "2026-12-02 12:20 .. 2026-12-02 15:20",
    "now - in 3 hours": "2026-12-02 10:20 .. 2026-12-02 13:20",
    "48h from friday 3pm": "2026-12-04 15:00 .. 2026-12-06 15:00",
    "24 hours": "2026-12-02 10:20 .. 2026-12-03 10:20",
    "arriving friday, 2 nights": "2026-12-04 15:00 .. 2026-12-06 11:00",
    "check-in fri 4pm check-out sun": "2026-12-04 16:00 .. 2026-12-06 11:00",
    "anreise freitag abreise sonntag": "2026-12-04 15:00 .. 2026-12-06 11:00",
    "arrivée vendredi départ dimanche": "2026-12-04 15:00 .. 2026-12-06 11:00",
    "4 mar - 7 mar": "2027-03-04 15:00 .. 2027-03-07 11:00",
    "7 dec - 4 dec": "2026-12-07 15:00 .. 2026-12-04 11:00",
    "7 dec 2026 - 2 jan 2026": "2026-12-07 15:00 .. 2026-01-02 11:00",
    "2 dec 8:00 - 2 dec 9:00": "2026-12-02 08:00 .. 2026-12-02 09:00",
}

GERMAN = {
    "Freitag 15 Uhr bis Sonntag 11 Uhr": FRI_SUN,
    "Fr. 15:00 - So. 11:00": FRI_SUN,
    "ab Freitag 15 Uhr für zwei Nächte": FRI_SUN,
    "kommenden Freitag bis Sonntag": FRI_SUN,
    "zwischen Fr 15h und So 11h": FRI_SUN,
    "Fr., 04.12., 15:00 Uhr - So., 06.12., 11:00 Uhr": FRI_SUN,
    "vom 4. bis 7. Dezember": FRI_MON,
    "Di 15:00 - Do 11:00": "2026-12-08 15:00 .. 2026-12-10 11:00",
    "4. - 7. März": "2027-03-04 15:00 .. 2027-03-07 11:00",
    "4. - 7. Jänner": "2027-01-04 15:00 .. 2027-01-07 11:00",
    "heute 15 - 18 Uhr": TODAY_3_6,
    "von 15 bis 18 Uhr": TODAY_3_6,
    "heute Abend": TONIGHT,
    "morgen 15:00 für 2 Nächte": TOMORROW_2N,
    "übermorgen fuer eine Nacht": FRI_1N,
    "jetzt für 3 Stunden": NOW_3H,
    "jetzt bis 18 Uhr": NOW_6PM,
}

FRENCH = {
    "vendredi à 15h jusqu'à dimanche à 11h": FRI_SUN,
    "ven. 15h - dim. 11h": FRI_SUN,
    "vendredi 15 heures jusqu’au dimanche 11 heures": FRI_SUN,
    "du vendredi 4 décembre au dimanche 6 décembre": FRI_SUN,
    "du 4 au 7 décembre": FRI_MON,
    "1er janvier - 3 janvier": "2027-01-01 15:00 .. 2027-01-03 11:00",
    "lundi de 9h à 17h": "2026-12-07 09:00 .. 2026-12-07 17:00",
    "aujourd’hui de 15h à 18h": TODAY_3_6,
    "ce soir": TONIGHT,
    "demain 15 h 00 pour 2 nuits": TOMORROW_2N,
    "après-demain pour une nuit": FRI_1N,
    "maintenant pour 3 heures": NOW_3H,
    "maintenant jusqu'à 18h": NOW_6PM,
    "à partir de demain 15h pour une semaine": "2026-12-03 15:00 .. 2026-12-10 15:00",
}

SPANISH = {
    "viernes a las 15:00 hasta el domingo a las 11:00": FRI_SUN,
    "vie 15h - dom 11h": FRI_SUN,
    "del 4 al 7 de diciembre": FRI_MON,
    "desde el 4 de diciembre hasta el 7 de diciembre": FRI_MON,
    "mar 15:00 - jue 11:00": "2026-12-08 15:00 .. 2026-12-10 11:00",
    "hoy de 15:00 a 18:00": TODAY_3_6,
    "esta noche": TONIGHT,
    "mañana a las 15:00 por 2 noches": TOMORROW_2N,
    "pasado mañana por una noche": FRI_1N,
    "ahora por 3 horas": NOW_3H,
    "ahora hasta las 18:00": NOW_6PM,
}

PORTUGUESE = {
    "sexta-feira às 15h até domingo às 11h": FRI_SUN,
    "sexta 15:00 - domingo 11:00": FRI_SUN,
    "de 4 a 7 de dezembro": FRI_MON,
    "do dia 4 ao dia 7 de dezembro": FRI_MON,
    "terça-feira - quinta-feira": "2026-12-08 15:00 .. 2026-12-10 11:00",
    "hoje das 15h às 18h": TODAY_3_6,
    "hoje à noite": TONIGHT,
    "amanhã às 15:00 por 2 noites": TOMORROW_2N,
    "depois de amanhã por uma noite": FRI_1N,
    "agora por 3 horas": NOW_3H,
    "agora até 18h": NOW_6PM,
}

ITALIAN = {
    "venerdì alle 15:00 fino a domenica alle 11:00": FRI_SUN,
    "venerdì alle ore 15 fino a domenica alle ore 11": FRI_SUN,
    "ven 15:00 - dom 11:00": FRI_SUN,
    "da venerdì a domenica": FRI_SUN,
    "dal 4 al 7 dicembre": FRI_MON,
    "1 gen - 3 gen": "2027-01-01 15:00 .. 2027-01-03 11:00",
    "oggi dalle 15 alle 18": TODAY_3_6,
    "stasera": TONIGHT,
    "domani alle 15:00 per 2 notti": TOMORROW_2N,
    "dopodomani per una notte": FRI_1N,
    "adesso per 3 ore": NOW_3H,
}

PARTS = {
    "tomorrow evening 8pm for 3h": EVENING_3H,
    "tomorrow evening at 8 for 3h": EVENING_3H,
    "tomorrow in the evening at 8:00 for 3h": EVENING_3H,
    "8pm tomorrow evening for 3h": EVENING_3H,
    "morgen Abend 20 Uhr für 3h": EVENING_3H,
    "morgen abend um 8 für 3 Stunden": EVENING_3H,
    "demain soir 20h pour 3h": EVENING_3H,
    "mañana por la noche a las 20:00 por 3h": EVENING_3H,
    "amanhã à noite 20:00 por 3h": EVENING_3H,
    "domani sera alle 20 per 3 ore": EVENING_3H,
    "morgenavond 20:00 - 23:00": EVENING_3H,
    "明日の夜 20:00 - 23:00": EVENING_3H,
    "tomorrow night 22:00 for 3h": "2026-12-03 22:00 .. 2026-12-04 01:00",
    "tomorrow morning 9:00 - 12:00": "2026-12-03 09:00 .. 2026-12-03 12:00",
    "demain matin 9h - 12h": "2026-12-03 09:00 .. 2026-12-03 12:00",
    "mañana por la mañana 9:00 - 12:00": "2026-12-03 09:00 .. 2026-12-03 12:00",
    "morgen früh 9 Uhr bis 12 Uhr": "2026-12-03 09:00 .. 2026-12-03 12:00",
    "freitag morgen 9 Uhr für 2h": "2026-12-04 09:00 .. 2026-12-04 11:00",
    "Freitagmorgen 9 Uhr für 2h": "2026-12-04 09:00 .. 2026-12-04 11:00",
    "Freitagabend um 8 - Sonntagmorgen 11 Uhr": "2026-12-04 20:00 .. 2026-12-06 11:00",
    "friday afternoon 3:00 for 2h": "2026-12-04 15:00 .. 2026-12-04 17:00",
    "vendredi après-midi 15h - 17h": "2026-12-04 15:00 .. 2026-12-04 17:00",
    "4 dec evening 20:00 - 22:00": "2026-12-04 20:00 .. 2026-12-04 22:00",
    "this afternoon 3pm - 6pm": TODAY_3_6,
    "now until tomorrow evening at 8": "2026-12-02 10:20 .. 2026-12-03 20:00",
}

TOLD_FROM_TODAY = {
    "in 2 days 10:00 for 3h": "2026-12-04 10:00 .. 2026-12-04 13:00",
    "in two days for one night": FRI_1N,
    "in a week for 2 nights": "2026-12-09 15:00 .. 2026-12-11 11:00",
    "in 2 Tagen 10 Uhr für 3h": "2026-12-04 10:00 .. 2026-12-04 13:00",
    "dans 2 jours 10h pour 3h": "2026-12-04 10:00 .. 2026-12-04 13:00",
    "en 2 días 10:00 por 3h": "2026-12-04 10:00 .. 2026-12-04 13:00",
    "em 2 dias 10:00 por 3h": "2026-12-04 10:00 .. 2026-12-04 13:00",
    "tra 2 giorni 10:00 per 3 ore": "2026-12-04 10:00 .. 2026-12-04 13:00",
    "the 5th 10:00 for 3h": "2026-12-05 10:00 .. 2026-12-05 13:00",
    "5th 10:00 for 3h": "2026-12-05 10:00 .. 2026-12-05 13:00",
    "2nd 15:00 - 18:00": TODAY_3_6,
    "the 1st for one night": "2027-01-01 15:00 .. 2027-01-02 11:00",
    "friday the 4th 3pm - sunday the 6th 11am": FRI_SUN,
    "the 4th - the 7th": FRI_MON,
    "the 30th - the 2nd": "2026-12-30 15:00 .. 2027-01-02 11:00",
}

ASKED = {
    "tomorrow evening for 3h": "What time do you mean by tomorrow evening",
    "Freitagabend für 2h": "What time do you mean by freitagabend",
    "tomorrow night": "What time do you mean by tomorrow night",
    "tomorrow morning 8pm for 1h": "Which day and time is tomorrow morning 8pm",
    "friday night 1:00 for 2h": "Which day and time is friday night 1:00",
    "tomorrow evening 8:00 - 10:00": "Is 10:00 in the morning or in the evening",
    "evening 8pm for 2h": "What does “evening” mean",
    "yesterday 10:00 for 40h": "What does “yesterday” mean",
    "friday the 5th 10:00 for 3h": "is a Saturday, not a Friday",
    "the 32nd 10:00 for 3h": "There is no such day as 32nd",
    "the 5th": "From 5th until when",
    "29 feb - 2 mar": "Do you mean 29 February 2028? Then write the year as well: 29 feb 2028.",
    "20 oct for 2 nights": "Do you mean 20 October 2027",
    "in 2 hours": "From in 2 hours until when",
    "in 3 days": "From in 3 days until when",
    "in 9999 days for 1 night": "Which day is in 9999 days",
    "04/12": "Is 04/12 the 4th of December or April 12th? Write 4 dec or 12 apr.",
    "4/12 - 7/12": "Is 4/12 the 4th of December",
    "04-12-2026 - 07-12-2026": "Write 4 dec 2026 or 12 apr 2026.",
    "13/12/26 - 15/12/26": "Write it like 4 dec 2026",
    "04.12 - 07.12": "a day or a time of day",
    "fri 10.12 - 11.30": "a day or a time of day",
    "next friday for 3 nights": "Friday 4 December or Friday 11 December",
    "fri - next sat": "Saturday 5 December or Saturday 12 December",
    "thu 4 dec - sun 6 dec": "is a Friday, not a Thursday",
    "fri - sat 5 dec 2027": "is a Sunday, not a Saturday",
    "15-18": "an hour or a day",
    "fri 15 - sun 11": "an hour or a day",
    "4 dec 1500 - 7 dec 1100": "an hour or a day",
    "4 dec 26 - 7 dec 26": "an hour or a day",
    "fri 3pm - 6": "an hour or a day",
    "11-2pm": "in the morning or in the afternoon",
    "at 3 for 2h": "in the morning or in the afternoon",
    "3:30-5pm": "in the morning or in the afternoon",
    "fri 3pm - 11:00": "in the morning or in the afternoon",
    "now - 3h": "a length or a time",
    "3 hours": "a length or a time",
    "fri noon - sun midnight": "begin or end that day",
    "3pm-6pm friday": "today 3pm - friday 6pm",
    "tomorrow for 3h": "From what time on, tomorrow",
    "fri - 18:00": "From what time on, fri",
    "1 dec - 7 dec": "from now, or next year",
    "4-7 dec 3pm": "Does 3pm begin or end 4 - 7 dec 3pm",
    "thu 4 - mon 7 dec": "is a Friday, not a Thursday",
    "at 3 - 7 dec": "in the morning or in the afternoon",
    "00/4 - 5/0": "There is no such day as 00/4",
    "today": "From today until when",
    "4 dec 15:00": "From 4 dec 15:00 until when",
    "till tonight": "Until what time",
    "2 days from now": "When does the stay begin",
    "fri 3pm - sun 11am - mon": "When does the stay begin",
    "- sun 11am": "When does the stay begin",
    "fri 3pm sun 11am": "where does it end",
    "fri 3pm 5pm - sun": "where does it end",
    "december": "Which day of December",
    "for": "How long",
    "for 9999 days": "How long",
    "for 1.5 nights": "How long",
    "31 jun - 2 jul": "There is no such day as 31 jun",
    "2026-02-30 - 2026-03-02": "There is no such day",
    "2026-02-30T15:00 - 2026-03-02": "There is no such moment",
    "1999-01-01 - 1999-01-02": "Which year",
    "25:00 - 26:00": "What time do you mean by 25:00",
    "fri 3pm - sundey": "What does “sundey” mean",
    "a las 9:00 de la mañana - 18:00": "What does “de la manana” mean",
    "for 1 month from 31 jan": "no day 31",
    "": "From when until when",
    " \n ": "From when until when",
    "🎉": "From when until when",
    "\x00": "What does",
    "مرحبا": "What does",
    "من الجمعة إلى الأحد": "What does",
    "‮fri‬ x": "What does “x” mean",
    "1234567890": "What does “1234567890” mean",
    "x" * 201: "one short line",
}


def understood(text: str) -> str:
    window = understand_window(text, zone=PARIS, now=NOW)
    return " .. ".join(f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}" for moment in (window.starts_at, window.ends_at))


def tables() -> list[tuple[str, str]]:
    rows = [ENGLISH, DATES, GERMAN, FRENCH, SPANISH, PORTUGUESE, ITALIAN, PARTS, TOLD_FROM_TODAY]
    return [pair for table in rows for pair in table.items()]


def test_the_table_is_long_enough() -> None:
    assert len(tables()) + len(ASKED) >= 150


@every(("text", "window"), tables())
def test_a_line_is_understood(text: str, window: str) -> None:
    assert understood(text) == window


@every(("text", "question"), ASKED.items())
def test_what_is_not_clear_is_asked(text: str, question: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        understood(text)
    assert question in caught.value.question
    assert "?" in caught.value.question or "which day" in caught.value.question


@every("text", ["04/12", "fri 3pm - sundey", "next friday for 3 nights"])
def test_the_part_in_doubt_is_part_of_the_line(text: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        understood(text)
    assert caught.value.part in text
    assert str(caught.value) == caught.value.question

"""vCards as programs and phones write them: our own people, their habits."""

from __future__ import annotations

import base64
from typing import Final

PHOTO: Final = base64.b64encode(bytes(range(256)) * 3).decode()
FOLDED_PHOTO: Final = "\r\n ".join(PHOTO[n : n + 74] for n in range(0, len(PHOTO), 74))
BARE_PHOTO: Final = "\n".join(PHOTO[n : n + 72] for n in range(0, len(PHOTO), 72))


def card(version: str, *lines: str, end: str = "\r\n") -> bytes:
    return end.join(("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", "")).encode()


SAMPLES: Final[dict[str, bytes]] = {
    "google_3": card(
        "3.0", "FN:Mira Thalberg", "N:Thalberg;Mira;;;", "EMAIL;TYPE=INTERNET;TYPE=HOME:mira@post.example",
        "item1.EMAIL;TYPE=INTERNET:mira@verein.example", "item1.X-ABLabel:Verein",
        "TEL;TYPE=CELL:+49 151 2345678", "ADR;TYPE=HOME:;;Am Hang 4;Ulm;;89073;DE",
        "CATEGORIES:myContacts,Freunde", "item2.URL:https\\://mira.example/", "item2.X-ABLabel:PROFILE",
    ),
    "google_4_without_name_parts": card("4.0", "FN:Kiosk am Tor", "TEL;TYPE=work:030 555 01 02"),
    "apple_ios": card(
        "3.0", "PRODID:-//Apple Inc.//iPhone OS 17.0//EN", "N:Okafor;Ade;;;", "FN:Ade Okafor",
        "ORG:Okafor & Söhne;Einkauf", "item1.EMAIL;type=INTERNET;type=pref:ade@okafor.example",
        "item1.X-ABLabel:_$!<Work>!$_", "TEL;type=CELL;type=VOICE;type=pref:+234 803 555 0100",
        "item2.ADR;type=HOME;type=pref:;;1 Broad Street\\nFlat 2;Lagos;;101001;Nigeria",
        "item2.X-ABADR:ng", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-03-09",
        "item3.X-ABDATE;type=pref:2012-06-30", "item3.X-ABLabel:_$!<Anniversary>!$_",
        f"PHOTO;ENCODING=b;TYPE=JPEG:{FOLDED_PHOTO}",
    ),
    "apple_company": card(
        "3.0", "N:;;;;", "FN:Stadtwerke Nord", "ORG:Stadtwerke Nord;", "X-ABShowAs:COMPANY",
        "item1.URL;type=pref:https\\://stadtwerke.example", "item1.X-ABLabel:_$!<HomePage>!$_",
        "item2.X-ABRELATEDNAMES;type=pref:Frau Lind", "item2.X-ABLabel:_$!<Assistant>!$_",
    ),
    "outlook_21": card(
        "2.1", "N;LANGUAGE=de;CHARSET=Windows-1252:Grün;Jörg".encode().decode(), "FN:J. Gruen",
        "ORG:Bäckerei Grün", "TITLE:Inhaber", "TEL;WORK;VOICE:(030) 12345", "TEL;HOME;FAX:030 99",
        "ADR;WORK;PREF;ENCODING=QUOTED-PRINTABLE:;;Hauptstra=C3=9Fe 1=0D=0AHinterhaus;Berlin;;10115;Deutschland",
        "LABEL;WORK;PREF;ENCODING=QUOTED-PRINTABLE:Hauptstra=C3=9Fe 1=0D=0A=", "10115 Berlin",
        "EMAIL;PREF;INTERNET:joerg@gruen.example", "X-MS-OL-DEFAULT-POSTAL-ADDRESS:2",
        f"PHOTO;TYPE=JPEG;ENCODING=BASE64:\r\n {FOLDED_PHOTO}", "", "X-MS-OL-DESIGN;CHARSET=utf-8:<card/>",
        "REV:20240502T080000Z",
    ),
    "outlook_365_3": card(
        "3.0", "PRODID:-//Microsoft Corporation//Outlook//EN", "FN:Lea Brandl", "N:Brandl;Lea;Maria;Dr.;MBA",
        "EMAIL;TYPE=PREF,INTERNET:lea@firma.example", "TEL;TYPE=WORK,VOICE:+43 1 5550199",
        "X-MS-IMADDRESS:lea@chat.example", "NOTE:Zeile eins\\nZeile zwei\\, mit Komma\\; und mehr",
    ),
    "nextcloud_4": card(
        "4.0", "PRODID:-//Sabre//Sabre VObject 4.5.4//EN", "UID:0b2c6c3e-9c0e-4c4b-8c53-0d5ad3a1b111",
        "FN:Noor de Vries", "N:de Vries;Noor;;;", "EMAIL;TYPE=\"HOME,pref\":noor@huis.example",
        "TEL;TYPE=HOME,VOICE:+31 20 555 0101", "BDAY;VALUE=DATE:19870214", "CATEGORIES:Familie,Sport",
        "X-SOCIALPROFILE;TYPE=mastodon:https://social.example/@noor", "RELATED;TYPE=spouse:Piet",
        "REV;VALUE=DATE-TIME:20240101T000000Z",
    ),
    "thunderbird_4": card(
        "4.0", "EMAIL;PREF=1:tom@mail.example", "EMAIL:tom@old.example", "FN:Tom Wirth",
        "NICKNAME:Tommi", "N:Wirth;Tom;;;", "TZ;VALUE=TEXT:Europe/Vienna", "ROLE:Kassier",
        "X-CUSTOM1;VALUE=TEXT:Mitglied 41", "UID:4a1f",
    ),
    "android_21": card(
        "2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=96zdemir;Elif;;;",
        "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Elif =C3=96zdemir",
        "TEL;CELL;PREF:0170-5550123", "TEL;X-Arbeit:0711 555",
        "X-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Eli;1;;;;;;;;;;;;;",
        end="\n",
    ),
    "android_21_long_quoted_printable": card(
        "2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=9F=D0=B5=D1=82=D1=80=D0=BE=D0=B2;=D0=98=D0=B2=",
        "=D0=B0=D0=BD;;;", "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=98=D0=B2=D0=B0=D0=BD=20=",
        "=D0=9F=D0=B5=D1=82=D1=80=D0=BE=D0=B2", "TEL;CELL:+7 900 555-01-02", end="\n",
    ),
    "android_photo_without_indent": card(
        "2.1", "N:Foto;Frida", "FN:Frida Foto", f"PHOTO;ENCODING=BASE64;JPEG:{BARE_PHOTO}", "",
        "TEL;CELL:0171 1", end="\n",
    ),
    "nokia_21": card(
        "2.1", "N:Virtanen;Aino", "TEL;VOICE;CELL;PREF:+358405550100", "TEL;PAGER:123",
        "X-CLASS:private", "BDAY:19790830", "NOTE:C:\\temp\\neu\\; alt",
    ),
    "sony_ericsson_21": card(
        "2.1", "N;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Garc=EDa;Luc=EDa",
        "TEL;CELL:600555010", "X-IRMC-LUID:000200000101",
    ),
    "siemens_21_raw_latin": (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1:M\xfcller;J\xfcrgen\r\n"
        b"TEL;HOME:0421555\r\nEND:VCARD\r\n"
    ),
    "blackberry": card(
        "3.0", "FN:Priya Raman", "N:Raman;Priya;;Ms;", "TEL;TYPE=BBPIN:2A1B3C4D", "PIN:2A1B3C4D",
        "EMAIL;TYPE=INTERNET,PREF:priya@raman.example", "TITLE:Analyst",
    ),
    "samsung": card(
        "2.1", "N:;김민준;;;", "FN:김민준", "TEL;CELL:010-5555-0101", "X-SAMSUNGADR;CHARSET=UTF-8:;;;;;;",
        "X-ANDROID-CUSTOM:vnd.android.cursor.item/contact_event;2001-05-06;1;;;;;;;;;;;;;",
    ),
    "huawei_vcard_21_chinese": card(
        "2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;=E8=8A=B3;;;", "TEL;CELL;VOICE:138 5550 1234",
        "ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E9=93=B6=E8=A1=8C",
    ),
    "kde_3": card(
        "3.0", "CLASS:PUBLIC", "EMAIL;TYPE=PREF:jan@novak.example", "FN:Jan Novák", "N:Novák;Jan;;;",
        "GEO:50.08;14.43", "KEY;ENCODING=B;TYPE=PGP:" + PHOTO[:80], "SOUND:Nowak",
        "X-KADDRESSBOOK-BlogFeed:https://blog.example/feed", "CUSTOM;X-A=1:b",
    ),
    "evolution_3": card(
        "3.0", "X-EVOLUTION-FILE-AS:Costa\\, Ana", "FN:Ana Costa", "N:Costa;Ana;;;",
        "EMAIL;TYPE=OTHER;X-EVOLUTION-UI-SLOT=1:ana@costa.example", "X-EVOLUTION-SPOUSE:Rui",
        "TEL;TYPE=HOME;TYPE=VOICE;X-EVOLUTION-UI-SLOT=2:+351 21 555 0100",
    ),
    "fritzbox_3": card(
        "3.0", "FN:Oma", "N:;Oma;;;", "TEL;TYPE=home:07345 555", "X-FB-QUICKDIAL:3",
    ),
    "zimbra_3": card(
        "3.0", "FN:Paul Roux", "N:Roux;Paul;;M.;", "ORG:Roux SARL;Achats;Nord", "TEL;TYPE=work,voice:+33 1 55",
        "URL;TYPE=work:http://roux.example/?a=1,2;b", "NOTE:ligne longue qui est",
        "  pliée au milieu", "X-ZIMBRA-IMADDRESS1:paul@im.example",
    ),
    "exchange_activesync_lowercase": (
        b"begin:vcard\r\nversion:3.0\r\nfn:Small Letters\r\nn:Letters;Small;;;\r\n"
        b"email;type=internet:small@letters.example\r\nend:vcard\r\n"
    ),
    "utf16_outlook": card("2.1", "N:Şahin;Deniz", "FN:Deniz Şahin").decode().encode("utf-16"),
    "utf8_bom_and_cr": b"\xef\xbb\xbf" + card("3.0", "FN:Old Mac", "N:Mac;Old;;;", end="\r"),
    "folded_inside_a_character": (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zo\xc3\r\n \xab Stern\r\nN:Stern;Zo\xc3\xab;;;\r\nEND:VCARD\r\n"
    ),
    "claims_utf8_is_not": (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN;CHARSET=UTF-8:Ren\xe9 Caf\xe9\r\nEND:VCARD\r\n"
    ),
    "unknown_charset": (
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=X-MACINTOSH-9:Br\xe4uer;Uta\r\nEND:VCARD\r\n"
    ),
    "agent_inside": card(
        "2.1", "N:Chef;Carla", "AGENT:", "BEGIN:VCARD", "VERSION:2.1", "N:Hilfe;Hans", "TEL:5",
        "END:VCARD", "TEL;WORK:99",
    ),
    "quotes_and_carets_4": card(
        "4.0", "FN;LANGUAGE=en:Rae Quist", "N;SORT-AS=\"Quist,Rae\":Quist;Rae;;;",
        "ADR;TYPE=home;LABEL=\"1 Elm St^nHill: end\":;;1 Elm St;Hill;;1000;", "TEL;VALUE=uri;TYPE=\"voice,home\":tel:+1-555-0100;ext=12",
        "EMAIL;TYPE=work;PREF=2:rae@quist.example", "BDAY;VALUE=text:circa 1800", "ANNIVERSARY:20090808",
        "IMPP;PREF=1:xmpp:rae@im.example", "MEMBER:urn:uuid:03a0e51f-d1aa-4385-8a53-e29025acd8af",
    ),
    "photo_uri_4": card("4.0", "FN:Bild", f"PHOTO:data:image/png;base64,{FOLDED_PHOTO}", "KIND:group"),
    "organisation_4": card(
        "4.0", "KIND:org", "FN:Hausverwaltung Süd GmbH", "ORG:Hausverwaltung Süd GmbH",
        "EMAIL:post@hv-sued.example", "UID:urn:uuid:5f1e3c2a-1111-4222-8333-abcdefabcdef",
    ),
    "two_of_everything": card(
        "3.0", "FN:Double One", "FN:Double Two", "N:One;Double;;;", "ORG:First", "ORG:Second", "TITLE:A",
        "TITLE:B", "NOTE:n1", "NOTE:n2", "BDAY:2000-01-02", "UID:u1", "CATEGORIES:a", "CATEGORIES:b,a",
    ),
    "no_version": b"BEGIN:VCARD\nFN:Plain Text\nTEL:1 2 3\nEND:VCARD",
    "blank_lines_and_spaces": b"\n\n  BEGIN:VCARD  \n\nVERSION:3.0\n\nFN: Spaced   Out \nN: Out ; Spaced ;;;\n\nEND:VCARD\n",
    "gateway_arabic": card("3.0", "FN:ليلى حسن", "N:حسن;ليلى;;;", "TEL;TYPE=CELL:+20 100 555 0100"),
}  # fmt: skip
NAMES: Final = {
    "google_3": "Mira Thalberg", "google_4_without_name_parts": "Kiosk am Tor",
    "apple_ios": "Ade Okafor", "apple_company": "Stadtwerke Nord", "outlook_21": "J. Gruen",
    "outlook_365_3": "Lea Brandl", "nextcloud_4": "Noor de Vries", "thunderbird_4": "Tom Wirth",
    "android_21": "Elif Özdemir", "android_21_long_quoted_printable": "Иван Петров",
    "android_photo_without_indent": "Frida Foto", "nokia_21": "Aino Virtanen",
    "sony_ericsson_21": "Lucía García", "siemens_21_raw_latin": "Jürgen Müller",
    "blackberry": "Priya Raman", "samsung": "김민준", "huawei_vcard_21_chinese": "芳 王",
    "kde_3": "Jan Novák", "evolution_3": "Ana Costa", "fritzbox_3": "Oma", "zimbra_3": "Paul Roux",
    "exchange_activesync_lowercase": "Small Letters", "utf16_outlook": "Deniz Şahin",
    "utf8_bom_and_cr": "Old Mac", "folded_inside_a_character": "Zoë Stern",
    "claims_utf8_is_not": "René Café", "unknown_charset": "Uta Bräuer",
    "agent_inside": "Carla Chef", "quotes_and_carets_4": "Rae Quist", "photo_uri_4": "Bild",
    "organisation_4": "Hausverwaltung Süd GmbH", "two_of_everything": "Double One",
    "no_version": "Plain Text", "blank_lines_and_spaces": "Spaced Out",
    "gateway_arabic": "ليلى حسن",
}  # fmt: skip

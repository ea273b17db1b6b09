"""Words and marks around figures that say what they are: a number to call, a price, a date, a part."""

import re

from app.moderation.folding import folded_words

AROUND = 48
"""Characters before figures in which such words are looked for."""


CUE = re.compile(
    r"(?<![io])call|landline|voice ?mail|facetime|holler|text\b|txt|tel\b|telef|phone|\bph\b|\bp[:.]|cell|mobile|mobil\b|whats ?app|\bwa\b|\bcel\b|\bzap\b|\bsms\b|viber|signal"
    r"|(?:my|the|our|new|mera|ka|phone|reach\w*|contact|at|is|on)\s*(?:#|number|num|no\b)|reach (?:me|us|out)|contact|\bfax\b|\bring\b"
    r"|\bdial|hit me up|\bhmu\b|area code|llam|marc|anruf|ruf mich|nummer|numero|appel|chiam|ligue|\bbel\b|zadzwo"
    r"|off (?:the |this )?(?:app|site|platform|here)|(?:site|app|chat) (?:blocks|deletes|hides|removes)|here goes|get hold of|\bline is\b|speak to|in touch|directly|\bwasap|(?:por|no|al|meu|mi|via|on) whats|wh?ats ?ap|m[oó]vil"
    r"|erreichbar|joignable|contact|fala comigo|habla con|escrib|escrev|mandame|manda (?:as|a|o|os)\b|chama\b|\bfone\b|telef|liga\w*|direkt|schreib|kontakt|\bbaat\b|don'?t tell"
    r"|☎|📞|📱|☏|✆|电话|手机|電話|let'?s talk|questions?\b|\bdigits\b|"
    + folded_words("звон|номер|тел|пиши|फोन|هاتف|اتصل|전화|연락|โทร|טלפון")
)
SERIAL = re.compile(
    r"(?:\b(?:(?:serien|fabrikations|fabrik|geraete|gerate|modell|typ|produkt|material|chassis|fahrgestell|rechnungs?|auftrags?|bestell|kunden|vorgangs?|angebots?|vertrags?|artikel|sendungs?|referenz|zaehler|zahler|mitglieds?|steuer|policen|bauteil|serie)[ -]?(?:nummer|nr)"
    r"|(?:numeros?|num|no|nr|n[o°]?\.?)\s?(?:de|d'|di|du|da|do|del|della|dell')\s?(?:la\s|l')?(?:serie|commande|facture|devis|dossier|client|contrat|suivi|modele|pedido|factura|presupuesto|cliente|contrato|referencia|seguimiento|modelo|orden|encomenda|fatura|orcamento|registo|registro|ordine|fattura|preventivo|contratto|matricola|serienummer|chassis|bastidor|colis|piece|pieza|peca)"
    r"|matricul[ae]|matricola|numer (?:seryjny|zamowienia|faktury)|serienummer|ordrenummer|ordernummer|bestelnummer|factuurnummer|klantnummer|kenteken|seri no|siparis no|immatriculation)\b)"
    r"[^a-z0-9]{0,4}(?:(?:is|ist|lautet|est|es|e)\b[^a-z0-9]{0,4})?(?:(?<![a-z])[a-z]{1,3})?$"
)
"""What figures, or letters and figures, are called that stand for a thing or a contract, in other languages than English."""
AGAINST = re.compile(
    r"\b(?:vin|imei|model|part|serial|s/?n|sku|upc|order|invoice|inv|tracking|track|ref|reference|licen[sc]e|lic|dre"
    r"|bre|cslb|mls|apn|parcel|isbn|account|acct|iban|routing|card|cc|visa|mastercard|amex|ssn|zip|item|case|ticket|po"
    r"|reservation|receipt|docket|shipment|container|passport|barcode|ean|gtin|rma|firmware|build|vat(?:\s(?:gb|ie|de|fr|at|nl|be|it|es|au|no|reg))?|abn|siren|siret|steuernummer|(?:estimate|quote|job)(?= ?(?:#|no\b|nr\b))"
    r"|(?:bestell|rechnungs?|kunden|auftrags?|artikel|vertrags?|sendungs?)(?:nummer|nr\.?)|bestellung|rechnung|auftrag|commande|facture|devis|dossier"
    r"|pedido|factura|fattura|ordine|bestelling|factuur|zamowienie|fatura|encomenda|permit|policy|claim|confirmation|booking|meeting id|passcode|batch|lot|id|nr|stock|keywords?|size|pages?|pp"
    r"|chapter|version|isin|pin|(?<!area )(?<!areacode )code|ein|tax|konto|registration|reg)\b[^a-z]{0,4}(?:(?:is|number|no|num|id)\b[^a-z]{0,4}|#\s*){0,3}$"
)
STRONG_CUE = re.compile(
    r"(?:call|text|txt|tel|phone|cell|mobile|mobil|whats ?app|ph|fax|☎|📞|📱|ll[aá]m[ae]\w*|tel[eé]fono|celular|appele[zr]?|num[eé]ro|ruf\w*(?: mich)?"
    r"|(?<![a-z])nummer|(?:meine?|mijn|mera|mi|meu) (?:nr|no|n[uú]m)\b|(?:ruf|telefon|handy|mobil)nummer|telefon\w*|handy|chiama\w*|numero|ligue|liga\w*|telefone|\bbel\b|电话|手机|電話|"
    + folded_words("звони[а-я]{0,4}|телефон[а-я]{0,2}|номер[а-я]{0,2}|тел")
    + r")"
    r"[^a-z0-9]{0,4}(?:me |us |mich |moi |mij )?[^a-z0-9]{0,6}(?:(?:at|on|@|is|number|num|no|al|au|a|an|unter|op|es|ist|est|e|num[eé]ro|auf)[^a-z0-9]{1,4}){0,3}$"
)
NUMBER_CUE = re.compile(
    r"(?:(?:my|our|the best|best|direct|this|her|his|new) (?:number|num|no|digits|line|cell|#)\.?|^\W*(?:number|num|digits)|reach (?:me|us|him|her)"
    r"|contact(?: me| us)?|hit me(?: up)?|hmu|ring(?: me)?|try(?: me)?|dial|message me|msg me|talk)"
    r"(?: directly)?(?: at| on| is| via|:)?[^a-z0-9]{0,6}$"
)
"""Weaker than `STRONG_CUE`: believed where nothing says that it is an order's number."""
EXTENSION = re.compile(r"\s{0,2}[,;]?\s?(?:x|ext\.?|extension|extn\.?)\s{0,2}#?\d{1,6}(?!\d)")
UNIT = re.compile(
    r"\s{0,2}(?:miles?|mi\b|k\b|km|sq|ft\b|feet|lbs?\b|%|mm\b|cm\b|hp\b|usd|dollars|euros?|original mil|pages|obo|gb\b|mb\b"
    r"|hours?|hrs|days|years|yrs|weeks|months|minutes|mins|inch|\"|people|views|pcs|kwh|watts?)"
)
YEAR = re.compile(r"(?:19|20)\d\d")
DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?!\d)|(?<!\d)\d{1,2}:\d\d(?![:\d])"
    r"|(?<![\d+])(?:(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.](?:1[3-9]|2\d|3[01]))[-/.](?:19|20)\d\d(?!\d)"
    r"|(?<![\d+/])(?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01])/\d\d(?![\d/])"
)
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
BARCODE = re.compile(r"\b(?:barcode|upc|ean|isbn|serial|tracking)\b[^.!?\n]{0,24}$")
"""Figures that a machine reads, with the words that lead to them."""
BEHIND = re.compile(
    r"\s{0,2}(?:is|was|=) (?:the|my|your|our|an?) (?:order|tracking|invoice|reference|confirmation|booking|permit|claim|part|item|model|serial|job|ticket)\b"
)
HOST = re.compile(rf"(?<![\d.-])(?:{_BYTE}\.){{3}}{_BYTE}(?![\d.]*\d)")
"""An Internet address."""
WITHHELD = re.compile(
    r"(?<![\w.])\(?([2-9]\d\d)\)?[-. ]{1,3}(\d{3})[-. ]{1,3}((?:\d{3}|\d{2}[x*?_]|\d[x*?_]{2})[x*?_])(?![\w*])"
)
POSTAL = re.compile(r"(?<![\d-])[1-9]\d{4}-\d{4}(?![\d-])")
"""A postal code of the United States with its four more digits."""
AMOUNTS = re.compile(r"[1-9]\d{0,2},\d{3}(?:,\s|\s)")
"""Thousands, behind which a list goes on."""
VARIANT = re.compile(r"-[a-z]{1,4}(?![a-z])")
"""What stands behind the figures of a part or a permit: `-PL`."""
TOWN = re.compile(r"\d,\s(\d{4,5}(?:\s\d{2})?)\s([^\W\d_]{3,})")
"""The code of a town behind a house's number."""
MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?\s*$")

"""Words that are no mailbox's name and no host's, and names people are called by."""

FUNCTION = frozenset(
    "a an the this that these those some any each every no not all both other another such what which who whose where when why how than then as if so but and or nor "
    "i im me my mine we us our you your ur u he him his she her it its they them their be is am are was were been being do does did done have has had having will would can could "
    "should may might must shall of at by for with about against between into through during before after above below to from up down in out on off over under again here there "
    "now just only very too also even still yet already really big small old new good great little long own same few more most many much one two first last next "
    "el la los las un una de del en por para con que y o es le les des du et est dans sur avec der die das den dem ein eine und ist im mit auf von zu o os as um uma no na e em".split()
)
"""Words of a sentence's frame."""

NO_NAME = FUNCTION | frozenset(
    ("btw", "temp", "temping", "look", "looking", "available", "meet", "open", "room", "call", "people", "person", "shop", "found", "find", "sold", "work", "working", "start", "starting", "see",
     "seen", "stay", "priced", "set", "based", "live", "lives", "pm", "bought", "buy", "order", "ordered", "located", "book", "booked", "online", "stuff", "things",
     "email", "emails", "mail", "met", "looked", "worked", "works", "outlook", "looks", "reviews", "listed", "posted", "sell", "sells", "customer", "store", "deals", "arrive",
     "house", "get", "got", "home", "cheaper", "cheap", "price", "prices", "photos", "pics", "pictures", "account", "job", "jobs", "employee", "engineer", "manager", "friend", "someone",
     "somebody", "anyone", "party", "apply", "check", "site", "website", "page", "links", "link", "info's", "details", "stock", "same", "thing", "time", "times", "today", "tomorrow",
     "tonight", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "write", "send", "sent", "reach", "contact", "message", "msg", "text", "hit", "via", "use", "using",
     "using", "read", "saw", "seeing", "ask", "asked", "come", "came", "go", "going", "gone", "went", "back", "please", "pls", "thanks", "thx", "thank", "hi", "hey", "ok", "okay", "yes", "yeah", "no",
     "rate", "user", "host", "domain", "provider", "server", "com", "net", "org", "dot", "symbol", "sign", "meeting", "calendar", "invite", "file", "files", "folder", "inbox", "spam", "reminder",
     "receipt", "confirmation", "login", "password", "search", "draft", "drafts", "attachment", "events", "event", "address", "number", "team", "support", "help", "service", "problem", "issue", "trouble",
     "pay", "paid", "cost", "total", "hour", "hours", "hr", "half", "each", "left", "right", "turn", "stop", "exit", "drop", "arrived", "waiting", "wait", "ready", "free", "busy", "correo", "adresse", "courriel", "posta", "id", "quotation")
)  # fmt: skip
"""Words before `at` that name nobody."""

NO_HOST = FUNCTION | {
    "cost",
    "total",
    "hr",
    "hour",
    "hours",
    "home",
    "house",
    "price",
    "prices",
    "half",
    "left",
    "right",
    "day",
    "night",
    "noon",
}
"""Words behind a sign for `at` that are no host: prices have one, too."""
ROLES = frozenset(
    "info office quotes quote sales hello contact admin support jobs job bookings booking enquiries enquiry team hi mail kontakt ventas contacto contato orcamento devis buero service accounts invoices hr billing help".split()
)
"""Mailboxes of a business."""

GIVEN = frozenset(
    "james john robert michael mike david dave daniel dan william bill will richard rick joseph joe thomas tom charles charlie chris christopher matthew matt anthony tony mark donald steven steve paul andrew andy "
    "joshua josh kenneth ken kevin brian george edward ed ted ronald ron timothy tim jason jeffrey jeff ryan jacob jake gary nicholas nick eric jonathan jon stephen larry justin scott brandon benjamin ben samuel sam "
    "gregory greg frank alexander alex raymond ray patrick pat jack dennis jerry tyler aaron jose adam nathan nate henry hank douglas doug zachary zach peter pete kyle ethan walter noah jeremy christian keith roger terry "
    "gerald harold sean austin carl arthur lawrence dylan jesse jordan bryan billy bruce gabriel joe logan alan juan wayne roy ralph randy eugene vincent russell elijah louis bobby philip phil johnny bob simon gareth darren craig "
    "stuart lee tyrone travis marcus luke liam owen oliver harry leo oscar max mary patricia pat jennifer jen jenny linda elizabeth liz beth barbara susan sue jessica jess sarah sara karen lisa nancy betty sandra margaret meg ashley "
    "kimberly kim emily emma donna michelle carol amanda melissa deborah debbie stephanie steph rebecca becky becca sharon laura cynthia dorothy amy kathleen kathy angela angie shirley anna ann anne brenda pamela pam nicole nicky katherine "
    "kate katie samantha christine tina catherine virginia debra rachel janet carolyn maria heather diane julie joyce victoria vicky kelly christina joan evelyn lauren judith olivia megan cheryl martha andrea frances hannah jacqueline "
    "gloria teresa kathryn janice jean alice julia judy sophia grace denise amber doris marilyn danielle beverly isabella theresa diana natalie brittany charlotte wendy tracy gemma hayley claire lucy zoe chloe ella mia lily ruth jane "
    "carlos luis miguel jorge pedro diego javier alejandro fernando rafael ricardo eduardo sergio roberto mario manuel antonio francisco pablo ana carmen lucia elena rosa marta sofia isabel paula raul alberto jaime joao paulo marcos "
    "bruno lucas rodrigo tiago felipe gustavo fernanda juliana mariana beatriz luiza camila renata pierre jean michel philippe alain nicolas laurent julien thierry marie nathalie sophie camille isabelle francois louise lea celine "
    "hans peter klaus jurgen stefan andreas thomas uwe markus petra sabine monika ursula anja heike birgit jens lukas felix lena katrin raj amit vikram sanjay rahul anil sunil ravi priya pooja anjali neha sunita deepak suresh ramesh "
    "arjun rohit ajay vijay mohammed muhammad ahmed ali omar hassan fatima ivan sergei olga natasha dmitri anna piotr marek katarzyna agnieszka giovanni giuseppe marco luca paolo francesca giulia chiara wei li chen yuki hiro".split()
)
"""Given names many people have."""

NO_MAILBOX = NO_NAME - ROLES
"""Words before `at` that are no mailbox of a business, either."""

"""English: the words a shopper's sentence is made of that name no product.

With `english_things.py` the only place in retrieval that holds a language. What a shop sells (its
categories, brands, colours, sizes) is read from its catalogue, never from here; another language is
another file of the same names.
"""

from __future__ import annotations

STEMMER = "english"

FUNCTION_WORDS = frozenset(
    """
    a an the this that these those some any all every each both either such same another other others i
    me my mine myself you your yours we us our ours he him his she hers it its they them their im ive id
    ill youve youre whats thats theres theyre dont doesnt havent hasnt isnt arent cant wont am is are
    was were be been being do does did doing done have has had having can could will would shall should
    may might must no not nope than and or but so if then also too very really quite rather just only
    even still ever maybe perhaps about around roughly approximately in on at to from of for by with as
    into onto via what which who whom whose where when why how there here please pls plz thanks thank hi
    hello hey hiya okay ok yes yeah yep oh um hmm something anything thing things stuff someone somebody
    anyone much many lots more most less least cheap cheaper cheapest inexpensive affordable pricey
    pricier expensive wot wots whats u ur r y pls sumthing sumfin somethin smth sth recomend reccomend
    ooh ugh wow aww ah eh whatve owt summat nae lol haha tbh imo aint em w recs rec lot recommand sugest
    anythin gimme
    wanna gonna though tho actually
    """.split()
)
CHATTER = frozenset(
    """
    morning afternoon evening cheers sure great well right alright sorry her up out off over down near
    after per look looking looked search searching find finding found show showing shown see seeing give
    get
    getting got gimme bring tell want wants wanted wanting need needs needed needing like liked love
    prefer interested wondering wonder hoping hope think thinking thought know help helping buy buying
    bought purchase order picked shop shopping shops store sell sells selling sold stock stocked
    stocking carry
    carries offer offers offering recommend recommended recommendation recommendations suggest suggested
    suggestion suggestions browse browsing choose pick picking try item items product products article
    articles one ones kind kinds sort sorts type types option options choice choices selection range
    assortment idea ideas goes going pair pairs match matches put putting keep last latest ever ago good
    nothing none instead actually although though else yet already
    nice lovely beautiful pretty cute cool best better fine perfect suitable decent proper quality new
    available currently now today ideal actually possibly possible preferably let lets go come make
    makes made called named total altogether lot bit few extra different similar budget price prices
    priced cost costs costing money pay spend spending value adore adores adored enjoy enjoys
    """.split()
)
FILLER = FUNCTION_WORDS | CHATTER
"""Words left out of a topic. `CHATTER` stays where titles have it beside its neighbour ("money box"),
`LINKS` among them stay where they join two words of the topic."""

TALK = frozenset(
    """
    i im id ive me we us you your youre do does did have has havent any some something anything can
    could
    would should please hi hello hey thanks thank show find give want wants need looking recommend
    suggest
    sell stock carry got is are there what which who how where
    """.split()
)
"""Words by which a shopper speaks to someone; a query without them is typed into a box."""

LINKS = frozenset("for with of in and on to from by".split())

SOFT = frozenset(
    """
    gift gifts present presents mum mom mother dad father parent parents grandma grandmother gran nan
    grandad grandpa grandfather wife husband girlfriend boyfriend partner friend friends sister brother
    daughter son niece nephew aunt uncle cousin boss colleague coworker teacher neighbour neighbor
    family host hostess lady man woman anniversary retirement housewarming old year years someone loves
    loved likes who learn learning beginner beginners drink drinking eat eating hold holding wear
    wearing suit suits unusual unique little fun funny special stylish elegant modern trendy fancy
    gorgeous
    popular classic simple surprise occasion home house lover lovers pressie pressies prezzie prezzies
    drinker drinkers enthusiast addict fanatic geek mad use using useful handy law laws yr yrs yo old
    olds
    godson goddaughter godmother godfather stepson stepdaughter stepmum stepdad grandson granddaughter
    grandchild grandchildren nana nanna nanny gramps pal pals mate mates workmate workmates bestie buddy
    missus hubby fiance fiancee gf bf bloke lad lass guy gal mine proper bride groom couple
    newlyweds flatmate housemate roommate someones filler fillers stuffers
    """.split()
)
"""Words that may help the ranking and never decide whether a product matches."""

OCCASIONS = frozenset(
    """
    away birthday bday birthdays christmas xmas wedding valentines valentine easter day mothers fathers
    secret
    santa term end engagement graduation graduating leaving farewell thank welcome exam exams turning
    turns
    th st nd rd budget absolute max limit work office monday tuesday wednesday thursday friday saturday
    sunday weekend tomorrow soon
    """.split()
)
"""Beside a gift these say when it is given and for how much, not what it is."""
SHOP_TALK = (
    r"\b(?:(?:whats|what|what is) (?:hot|in|new|good|cool)"
    r"(?=\W*$|\s*[,.!?|]| (?:right |just )?now| at the| this| for)|like hot ?cakes|"
    r"fly(?:ing)? off (?:the|your) shelves|first time (?:on )?here|lots to choose from|up my street|"
    r"bits and bobs|under the sun|(?:are|is) my (?:\w+ )?(?:weakness|thing|jam|favou?rites?)|sucker for|"
    r"my (?:\w+ )?favou?rites?(?: (?:colou?rs?|things?))? (?:are|is)|top (?:ten|five|three|\d+|picks?)|"
    r"cant get enough of|(?:in the|for my) mood(?: for)?|"
    r"of (?:all )?your things|if you were me|in my shoes|same old (?:stuff|things?)?)\b"
)
"""Turns of speech that name nothing that is sold."""
NOT_MUCH = (
    r"\b([a-z]{3,})(?:\s*,)?\s+(?:(?:are |is |arent |isnt |aint |dont |not |really |do it )+"
    r"(?:so much|my thing|my style|my bag|for me|for her|for him))\b"
)
"""What says of the word before it that it is not liked: "dogs not so much"."""
ABOUT_SHOPPING = frozenset(
    """
    customer customers shopper shoppers buyer buyers people folk folks everyone everybody restock
    restocking reorder running low usual usually normally regular regularly stuff taste tastes based
    history favourites favourite favorites favorite bestseller bestsellers seller sellers selling
    trending
    trend trends season haven havent hasnt tried before fancy into tempt inspire inspiration time lots
    start
    somebody myself beginning place stand standing fresh arrivals arrival released popular hit hits item
    arrival landed recent latest pick handful idea propose missing miss lineup picks weakness sucker
    rage vogue fashion moment week month today day
    """.split()
)
"""Words of whoever asks to be recommended something: they name nothing that is sold."""

KIND_OF_WEAR = (
    r"\b(active|beach|evening|eye|foot|formal|head|lounge|neck|night|outer|sleep|sports|swim|under|work)"
    r"[ -]wear\b"
)
"""Departments that are written as two words as well; "wear" alone tells nothing."""

PACKS = frozenset("set sets pack packs packet pair pairs".split())
"""How many are sold together, whatever they are."""
MEASURES = PACKS | frozenset("box boxes bag bottle roll tin jar tub".split())
"""Before "of" these say how it is packed: what is asked for comes behind."""

CARRIERS = frozenset(
    """
    holder holders hldr stand stands rack tree charm charms case cases tag tags clip clips cosy warmer
    coaster coasters hook hooks hanger hangers stick sticks sticker stickers snuffer opener cleaner
    bag bags backpack backpacks sleeve charger chargers cable cables adapter mount strap
    straps protector towel towels tin tins box boxes mould moulds cutter cutters plate plates light
    lights lamp organizer organiser kit filter filters brush washable safe proof compatible friendly
    container containers tray glass glasses goblet dispenser frame frames book books notebook doorstop
    magnet magnets tape wrap glove gloves mitt mitts
    """.split()
)
"""Behind another noun these make it another thing: a candle holder is no candle."""

FOR_ANOTHER = frozenset("for compat fit replac replacement".split())
"""Stems behind which a title names what a thing goes with: "band compatible with Fitbit"."""

GENERIC = frozenset("set sets kit kits collection line series gear goods range".split())
"""Beside a brand these name no kind of thing: "LEGO sets" are whatever LEGO makes."""

SUPERLATIVES: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:least expensive|lowest[- ]priced?|cheapest|lowest price|lowest cost|least costly|"
        r"costs?(?: me)? (?:the )?least|lowest in price)\b",
        "price_asc",
    ),
    (
        r"\b(?:most expensive|highest[- ]priced?|priciest|dearest|most costly|costliest|highest price|"
        r"costs? (?:the )?most)\b",
        "price_desc",
    ),
    (r"\b(?:best|highest|top)[- ](?:rated|reviewed|rating|ratings|reviews)\b", "rating"),
    (
        r"\b(?:most popular|best[- ]?sell(?:ing|ers?)|top[- ]sell(?:ing|ers?)|best[- ]loved|most[- ]loved|"
        r"(?:sells?|goes|go|shifts?) (?:the )?(?:fastest|quickest|most|best)|loves? (?:the )?most)\b",
        "popular",
    ),
)
CHEAPER = (
    r"\b(?:cheaper|less expensive|less pricey|lower[- ]priced?|more affordable|less costly|"
    r"(?:too|bit|rather|quite|a little) (?:expensive|dear|pricey|costly|steep|much(?: money)?)|"
    r"(?:anything|something|owt|summat|for) less(?=\W*$)|easier on the (?:purse|pocket|wallet)|"
    r"(?:out of|over|above|beyond) (?:my|our) (?:price range|budget)|cant afford)\b"
)
DEARER = r"\b(?:dearer|more expensive|pricier|more upmarket|fancier|higher[- ]priced?|more costly)\b"
CHEAP = (
    r"\b(?:(?<!not )cheap|inexpensive|affordable|low[- ]cost|on a (?:tight )?budget|not too expensive|"
    r"not (?:so|very) expensive|budget[- ]friendly|low price)\b"
)
EXPENSIVE = r"\b(?:expensive|pricey|luxury|luxurious|high[- ]end|premium)\b(?! wireless)"
SORT_PHRASES: tuple[tuple[str, str], ...] = (
    (r"\b(?:sort(?:ed)?|order(?:ed)?) by (?:lowest )?price(?: low to high)?\b", "price_asc"),
    (r"\b(?:cheapest first|price low to high|lowest (?:price )?first)\b", "price_asc"),
    (r"\b(?:dearest first|most expensive first|price high to low|highest (?:price )?first)\b", "price_desc"),
    (r"\b(?:sort(?:ed)?|order(?:ed)?) by (?:rating|reviews)\b", "rating"),
    (r"\b(?:well|highly)[- ](?:rated|reviewed)\b", "rating"),
)
COUNT = (
    r"\b(?:how many|number of|count of|count (?:the|your))\b(?!\s+(?:stars|days|people|orders?|"
    r"(?:times|hours|weeks)))"
)

UNDER = (
    r"under|below|less than|cheaper than|lower than|beneath|no more than|not more than|at most|"
    r"(?:not|nothing|none|no|never) (?:over|above|more than|higher than|dearer than)|"
    r"up to|upto|until|nae mair than|max(?:imum)?(?: of)?|within|for less than|not exceeding|no higher than"
)
OVER = (
    r"over|above|more than|greater than|at least|min(?:imum)?(?: of)?|from|starting at|no less than|"
    r"not less than|dearer than|upwards of|not under|higher than"
)
AROUND = r"around|about|approximately|approx|roughly|circa|near|close to|some"
OR_LESS = (
    r"(?:absolute(?:ly)? |at the (?:very )?|the )(?:max(?:imum)?|most|limit)|or less|or under|or below|"
    r"or cheaper|max(?:imum)?|limit|tops|at most|at the outside|and under|and below"
)
OR_MORE = r"or more|or over|or above|and up|and over|and above|plus|\+|minimum|at least|upwards"
CURRENCY_WORDS = r"pounds?(?: sterling)?|quid|gbp|dollars?|bucks|usd|euros?|eur|pence|cents?"
SMALL_MONEY = frozenset({"pence", "p", "cent", "cents"})
PRICE_NOUNS = r"price[sd]?|costs?|costing|budget|spend|pay"
NUMBER_UNITS = (
    r"(?:inch(?:es)?|in\b(?!\s+(?!wide|long|tall|deep|high|thick|across|by|x)[a-z])|"
    r"cm|mm|m\b|metres?|meters?|ft|feet|foot|oz|ounces?|ml|l\b|litres?|liters?|"
    r"g\b|kg|lbs?|"
    r"pounds? (?:weight|capacity|load)|gb|tb|mb|w\b|watts?|v\b|volts?|mah|pcs?|pieces?|pack|packs|packets?|"
    r"sets?|x\b|years?|yrs?|months?|days?|weeks?|hours?|minutes?|people|persons?|players?|drawers?|"
    r"tier|stars?|%|percent|products?|items?|options?|ideas?|things?|of them|orders?|times|key|lights?|"
    r"cups?|seater)"
)

RATING = (
    (
        r"\b(?:at least|minimum(?: of)?|min|over|above|more than|rated)?\s*([1-5](?:\.\d)?)\s*(?:\+\s*)?"
        r"[- ]?stars?"
        r"(?:\s*(?:and up|or more|or above|or better|or higher|and above|\+|rating|rated|reviews?))*"
    ),
    (
        r"\b(?:rated|rating(?: of)?)\s+(?:at least |over |above |more than )?([1-5](?:\.\d)?)"
        r"(?:\s*(?:and up|or more|or above|or better|or higher|\+))?(?!\d)"
    ),
)
"""Patterns whose group 1 is the least rating asked for."""

IN_STOCK = (
    r"\b(?:(?:that (?:is|are|s) |currently |only )?(?:in[- ]stock|in-store|ready to ship)|"
    r"available (?:now|today)|available right now|not sold out|not out of stock)\b"
)

WISHES = (
    r"([,.;:!?|])\s*(?:(?:and|but|so) )?(?:(?:have you got|"
    r"(?:do|would|did) you (?:have|sell|stock|carry|keep)|"
    r"can you (?:show|recommend|suggest|find)|could you (?:show|recommend|suggest|find)|show me|"
    r"i(?: a)?m (?:looking|after|searching|hunting)(?: for)?|looking for|"
    r"i(?: would|d)? (?:need|want|like)(?: to (?:buy|get|find|see))?)\b)|"
    r"(?<!who)(?<!that)(?<!which)(?<!to)( )(?:needs?|wants?|(?:is|are|am|im) looking for|would (?:like|love))"
    r" (?=(?:an?|some|new)\b)"
)
"""What opens a clause that says what is wanted, behind a pause or "my friend needs a"."""

NEGATIONS = (
    r"\b(?:but not|and not|not made (?:of|from|with)|not in|without|except(?: for)?|excluding|other than|"
    r"anything but|apart from|free (?:of|from)|nothing (?:with|in|made of)|avoid(?:ing)?|sans|"
    r"(?:i |we )?(?:do not|dont|don't|doesn't|doesnt|does not) (?:really )?"
    r"(?:want|like|need|contain|have|include|suggest|recommend|show me|show)"
    r"(?: any(?:thing)?)?(?: in| with)?|"
    r"not (?:really |very |that |too |so |at all )*(?:keen on|into|(?:a )?(?:big )?fan of|fond of|mad about)|"
    r"(?:can ?not|cant|can t) (?:stand|bear|be doing with|abide)|(?:gone|went|going) (?:right |rather )?off|"
    r"(?:i |we |she |he )(?:really )?(?:hates?|dislikes?)|"
    r"(?:nothing(?! (?:to|is|was|has|like|works?)\b)|stop show(?:ing)?(?: me)?)(?: any)?|"
    r"(?:loads|plenty|tons|lots) of(?=[a-z -]+already)|"
    r"(?:sick|tired|bored) of|(?:had|got|i have|ive) (?:got )?(?:more than )?enough(?: of)?|"
    r"no more|not|no|non)\b[\s-]+"
)
"""What turns the words behind it (up to a pause or a link) into words to leave out."""
NOT_NEGATED = (
    r"(?:thanks?|thank you|problem|worries|idea|longer|sure|too|so|very|that|really|quite|just|only|"
    r"more|less|enough|always|all|every(?:one|body|thing)?|included|required|necessary|available|sold|"
    r"one|matter|i|we|you|it|this|they|there|"
    r"preference|particular|yet|necessarily|bad|my|your|what|why|doubt|need|at all)\b"
)
NEGATION_STOPS = (
    r"\s+(?:but|under|over|below|above|please|for|that|which|with|in stock|less|more|between|around|"
    r"from|at|in|to|if|again|already|any ?more|either)\b"
)
FREE_SUFFIX = r"\b([a-z]{3,})[- ]free\b(?!\s+(?:of|from|shipping|delivery|gift|returns?))"
FOND = (
    r"\b(?:i |im |i am |she |he |they |shes |hes |theyre )?(?:is |are |s )?"
    r"(?:really |very |so |quite |totally )*"
    r"(?:keen on|fond of|crazy about|mad about|obsessed with|(?:a )?(?:big |huge )?fan of)\b"
)
"""What says of the words behind it that they are liked."""
NO_TASTE = r"\bnot (?:really |quite )?(?:(?:my|his|her|our|their) )?cup of tea\b"
NEGATORS = frozenset("without no not non sans free less minus excluding except never".split())
"""Beside a word in a product's text these say that the product is without it."""

CATEGORY_PHRASE = (
    r"\b(?:in|from|under)\s+(?:the |your )?(.{3,40}?)\s+(?:category|section|department|aisle|range)\b"
)
BRAND_MARKERS = frozenset({"by", "from", "brand", "make", "branded"})
COLOUR_MARKERS = frozenset({"in", "colour", "color", "coloured", "colored", "not"})

COLOURS = frozenset(
    """
    black white red blue green yellow purple pink brown grey gray beige turquoise navy teal maroon
    burgundy magenta cyan khaki lilac violet fuchsia indigo crimson scarlet gold golden silver
    multicolour multicolor multicoloured multicolored
    """.split()
)
"""Words that are colours wherever they stand before a noun."""
MAYBE_COLOURS = frozenset(
    """
    orange cream ivory rose olive chocolate mint peach coral lavender plum lime natural clear
    transparent charcoal copper bronze tan camel sand stone slate aqua amber mustard rust wine cherry
    rainbow nude
    """.split()
)
"""Words that are colours only after "in" or beside "colour", and otherwise part of the topic."""

SPELLINGS = {
    "gray": "grey",
    "xmas": "christmas",
    "jewelry": "jewellery",
    "jewelery": "jewellery",
    "moisturizer": "moisturiser",
    "aluminum": "aluminium",
    "color": "colour",
    "cozy": "cosy",
    "fiber": "fibre",
    "theater": "theatre",
    "stationary": "stationery",
    "pajamas": "pyjamas",
    "tyre": "tire",
    "golden": "gold",
    "ounce": "oz",
    "ounces": "oz",
    "feet": "ft",
    "liter": "litre",
    "liters": "litre",
    "meter": "metre",
    "meters": "metre",
    "multicolored": "multicolour",
    "multicoloured": "multicolour",
    "multicolor": "multicolour",
}
"""One word, two spellings: read as the same everywhere."""

GLUED_UNITS = {
    "inches": "inch",
    "inch": "inch",
    "in": "inch",
    "feet": "ft",
    "foot": "ft",
    "ft": "ft",
    "cm": "cm",
    "mm": "mm",
    "ounces": "oz",
    "ounce": "oz",
    "oz": "oz",
    "ml": "ml",
    "kg": "kg",
    "lbs": "lb",
    "lb": "lb",
    "gb": "gb",
    "tb": "tb",
    "pcs": "pcs",
    "pc": "pcs",
    "pack": "pack",
}
"""Units as written right behind a number, and their one spelling; single letters may be sizes."""

NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "twenty-five": 25,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "a hundred": 100,
    "one hundred": 100,
    "hundred": 100,
}
MONEY_NICKNAMES = {r"a? ?fiver": " 5 pounds", r"a? ?tenner": " 10 pounds"}
REFINES_WITH = r"^\W*(?:and |but |ones? |maybe |something |anything )*(?:with|featuring|made of)\b"
REFINES_ONES = r"\b(?!the |this |that |which |any |other |first |second |third |last )[a-z]+ ones?\b"

ENDINGS = ("er", "or", "ing", "y")
"""What makes another word of the same root: "warm my hands" is answered by a hand warmer."""

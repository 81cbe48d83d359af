"""Which nouns in a title name a category: the word list behind `categories.py`.

One category an entry, "wide > narrow: nouns and phrases", going on in indented lines. A noun stands
for its plural too. Nouns after a `|` are weak, after two of them weaker: they count only where the
title holds nothing better ("christmas" in a Christmas mug). General household, gift, fashion and
electronics retail, no single shop's list.
"""

from __future__ import annotations

CATEGORY_LINES = """
Bags > Lunch bags & boxes: lunch bag, lunch box, snack box, sandwich box, bento box
Bags > Shopping bags: jumbo bag, shopper, shopper bag, tote, tote bag, shopping bag, shopping
    trolley
Bags > Handbags & purses: handbag, hand bag, purse, clutch, wallet, shoulder bag, charlotte bag,
    satchel
Bags > Wash & cosmetic bags: washbag, wash bag, flannel, cosmetic bag, make up bag, makeup bag,
    toiletry bag
Bags > Travel bags & luggage: luggage, luggage tag, airline bag, suitcase, travel bag, weekend bag,
    holdall, passport cover, card holder, passport holder
Bags > Backpacks: backpack, rucksack, school bag, duffel bag
Bags: bag, picnic bag, cool bag, gym bag
Kitchen & Dining > Mugs & cups: mug, cup, teacup, beaker, cup and saucer, saucer, tumbler, tea glass
Kitchen & Dining > Plates & bowls: plate, bowl, dish, platter, ramekin, cereal bowl, side plate,
    dinner plate, bon bon dish
Kitchen & Dining > Glasses & jugs: wine glass, drinking glass, champagne glass, milkshake glass,
    aperitif glass, chalice, jug, pitcher, decanter, carafe, champagne flute, goblet
Kitchen & Dining > Teapots & tea sets: teapot, tea pot, tea set, tea for one, tea cosy, coffee pot,
    cafetiere
Kitchen & Dining > Cake stands & tins: cake stand, cakestand, cake tin, cake plate, cake case,
    baking case, cake cover, cupcake case, cupcake stand, baking mould, cake mould, bun case
Kitchen & Dining > Baking: baking set, mixing bowl, rolling pin, cookie cutter, cutter, pastry
    cutter, jelly mould, mould, pan, frying pan, egg frying pan, whisk, spatula, oven glove, oven
    mitt
Kitchen & Dining > Tins, jars & storage: jar, tin, canister, bread bin, cookie jar, biscuit tin,
    storage jar, storage tin, food container, container, pantry, egg holder, egg box, spice rack
Kitchen & Dining > Cutlery & utensils: cutlery, cutlery set, spoon, teaspoon, scissor, cake slice,
    squeezer, colander, fork, knife, knives, ladle, utensil, chopstick, measuring spoon, scale,
    kitchen scale, sieve, grater, tongs, corkscrew, bottle opener
Kitchen & Dining > Trays & coasters: tray, coaster, placemat, place mat, trivet, table mat
Kitchen & Dining > Tea towels & aprons: tea towel, apron, pinny, dish cloth
Kitchen & Dining > Napkins & table linen: napkin, serviette, doily, doilies, tablecloth, table
    cloth, table run, runner, table runner, napkin ring
Kitchen & Dining > Water bottles & flasks: water bottle, flask, thermos, drinks bottle
Kitchen & Dining > Egg cups & cosies: egg cup, egg cosy, cosy
Home > Candles: candle, tea light, t-light, tealight, candlepot, votive candle, dinner candle
Home > Candle holders: t-light holder, tea light holder, candle holder, candleholder, candlestick,
    candle stick, votive, votive holder, lantern, candelabra, candle plate, chandelier t-light
    holder, candle lamp, hurricane lamp
Home > Home fragrance: incense, incense stick, fragrance oil, room spray, reed diffuser, diffuser,
    oil burner, pot pourri, sachet, scented sachet | scent
Home > Cushions: cushion, cushion cover, squarecushion, pillow, bolster, filler pad, cushion pad,
    polyester filler pad
Home > Throws & curtains: throw, blanket, curtain, bead curtain, quilt, bedspread, duvet cover, rug
Home > Clocks: clock, alarm clock, wall clock, cuckoo clock
Home > Picture frames & albums: photo frame, photoframe, picture frame, frame, photo album, photo
    cube, photo holder, record cover frame
Home > Mirrors: mirror, compact mirror
Home > Signs & wall art: sign, metal sign, door sign, wall art, art print, canvas, canvas screen,
    print, poster, wall plaque, plaque, number tile, tile, wall sticker, chalkboard, blackboard,
    memo board, notice board, wall decoration, doorsign, memoboard, black board, pennant
Home > Lighting: lamp, lampshade, lamp shade, desk lamp, floor lamp, night light, nightlight, light,
    lightbulb, string of lights, fairy light, light bulb, chandelier, shade, ceiling fan
Home > Hooks, knobs & hangers: hook, knob, drawer knob, drawerknob, door knob, hanger, coat hanger,
    coat rack, coat hook, rack, key rack, peg rail
Home > Doormats & doorstops: doormat, door mat, mat, doorstop, door stop, draught excluder, draft
    excluder
Home > Storage & organisers: storage box, box, trinket box, jewellery box, sewing box, recipe box,
    chest, basket, organiser, organizer, tidy, crate, bin, bucket, caddy, hamper, trinket pot,
    tissue box, keepsake box, magazine rack, letter rack, trunk, treasure chest
Home > Furniture: chair, stool, table, side table, cabinet, drawer cabinet, shelf, bookshelf,
    bookcase, sofa, bench, footstool, bed, desk, dresser, chest of drawers, drawer, mattress, office
    chair, wardrobe, pouffe, armchair
Home > Bathroom: soap, soap dish, bath mat, towel, hand towel, shower curtain, shower cap, bathroom
    set, bath sponge, bath salt, bubble bath, toothbrush holder, bathroom
Home > Hot water bottles & warmers: hot water bottle, hottie, hand warmer, heat pack, warmer, bed
    socks
Home > Vases & artificial flowers: vase, artificial flower, flower pot, ficial flower, bouquet,
    garland flower
Home > Ornaments: ornament, figurine, figure, sculpture, statue, snow globe, wind chime, windchime,
    dream catcher, mobile, cloche, bell jar, bird cage, birdcage, skull, decorative bowl, trophy,
    money bank, money box, piggy bank, bank | | heart, bird, angel, duck, hen, chick, rabbit, bunny,
    butterfly, flower, star, owl, elephant, tree
Home > Magnets: magnet, fridge magnet
Home > Cleaning: vacuum cleaner, mop, broom, dustpan, duster, brush, laundry bag, peg, peg bag,
    feather duster, air purifier
Christmas > Christmas decorations: christmas decoration, tree decoration, bauble, christmas tree,
    wreath, stocking, christmas stocking, advent calendar, christmas garland, tinsel, christmas
    bauble, christmas ball, tree topper, hanging decoration, christmas bell, nativity, christmas
    star, cracker, snowflake, christmas heart, santa, reindeer, jingle bell | christmas, xmas, noel,
    advent, holly, snowman
Christmas > Christmas cards & wrap: christmas card, christmas wrap, christmas gift wrap, christmas
    gift bag, christmas tag, christmas ribbon, christmas gift tag
Easter: easter egg, easter decoration, easter basket, easter chick, easter bunny, easter tree,
    easter hen | easter
Party > Bunting & garlands: bunting, garland, paper chain, streamer, banner, paper bunting, pom pom,
    honeycomb fan, paper fan, lantern string, honeycomb paper, paper bell
Party > Party tableware: paper plate, paper cup, paper napkin, party plate, party cup, drinking
    straw, straw, cocktail parasol, cocktail stick, popcorn holder, party bag, cake topper, cake
    candle, birthday candle
Party > Party decorations & games: balloon, party hat, table decoration, glitter decoration, party
    popper, pinata, party game, confetti, sparkler, hawaiian garland | party, decoration
Cards & Wrap > Greeting cards: greeting card, birthday card, card, postcard, gift card, thank you
    card, envelope, invitation, card kit, love card, mothers day card, easter card
Cards & Wrap > Gift wrap & ribbons: gift wrap, wrap, wrapping paper, gift bag, gift box, gift tag,
    ribbon, tag, gift tape, wrapping tape, tissue paper, bow, gift boxes | tape
Stationery > Notebooks & journals: notebook, journal, sketchbook, diary, address book, notepad, memo
    pad, exercise book, guest book, scrapbook, memo pad cover, telephone book, calendar
Stationery > Pens & pencils: pen, pencil, crayon, felt tip, felt pen, highlighter, marker, pencil
    case, pencil sharpener, chalk, colouring pencil, paint set
Stationery > Stickers & stamps: sticker, sticker sheet, stamp, stamp set, transfer, iron on patch,
    patch, tattoo, alphabet stencil
Stationery > Desk accessories: ruler, eraser, rubber, stapler, paperclip, paper clip, calculator,
    paperweight, paper weight, p'weight, file, hole punch, folder, bookend, book end, bookmark, book
    mark, letter opener, pen holder, clipboard, paper knife, document file
Crafts & Sewing: sewing kit, knitting kit, craft kit, cross stitch, embroidery kit, button, yarn,
    wool, needle, knitting needle, fabric, craft set, bead kit, doily, felt kit, reel, thread, tape
    measure, decoupage, origami, paint your own, stencil craft, modelling clay, feltcraft, make your
    own, create your own, feltcraft kit, knitting, kit
Jewellery > Necklaces: necklace, necklac, neckl, pendant, choker, locket, lariat
Jewellery > Bracelets: bracelet, bangle, bracelt, braclet, ankle bracelet, anklet
Jewellery > Earrings: earring, hoop earring, drop earring
Jewellery > Rings: ring, cluster ring
Jewellery > Charms & brooches: charm, brooch, phone charm, bag charm, pin badge, badge, lapel pin
Jewellery > Hair accessories: hair clip, hairclip, hair slide, hair grip, hairband, hair band, head
    band, headband, tiara, hair comb, bobble, hair tie, alice band, hairslide, hair bobble, hair
    scrunchie, clip, wig
Jewellery: jewellery, jewelry, jewellery set, jewel, cufflink
Accessories > Keyrings: keyring, key ring, key fob, keychain, key chain, key-chain, key charm
Accessories > Umbrellas & parasols: umbrella, parasol, rain mac, paper parasol
Accessories > Scarves, hats & gloves: scarf, shawl, pashmina, hat, cap, beanie, glove, mitten,
    sarong, wrap scarf, poncho, fascinator
Accessories > Sunglasses & glasses cases: sunglasses, sun glasses, glasses case, glass case, reading
    glasses
Accessories > Watches: watch, wristwatch, smart watch, smartwatch
Accessories > Belts: belt
Beauty > Make-up & care: lipstick, lip balm, lip gloss, mascara, eyeliner, makeup kit, make-up kit,
    nail polish, nail file, balm, essential balm, hand cream, body butter, lotion, manicure set,
    perfume, cologne, shampoo, conditioner, serum, moisturizer, moisturiser, comb, hairbrush, makeup
    brush, compact, massager, tissues, pocket tissue, tissue, plaster, pill box, bath bomb, talc
Clothing > Tops & T-shirts: t-shirt, tee shirt, shirt, blouse, sweatshirt, hoodie, sweater, jumper,
    cardigan, polo shirt, vest, tunic, tank top
Clothing > Trousers & leggings: trousers, pants, jeans, leggings, shorts
Clothing > Dresses & skirts: dress, skirt, gown, kimono
Clothing > Coats & jackets: coat, jacket, fleece jacket, raincoat, parka
Clothing > Nightwear & underwear: pyjamas, pajamas, dressing gown, bathrobe, nightdress, bra,
    lingerie, sock
Shoes > Slippers: slipper
Shoes: shoe, sneaker, trainer, boot, sandal, running shoes, hiking boots, flip flop, heels
Toys & Games > Jigsaws & puzzles: jigsaw, puzzle, jigsaw puzzle, rubik
Toys & Games > Games: game, board game, playing card, domino, dominoes, skittle, chess, draughts,
    ludo, snakes & ladders, snakes and ladders, noughts & crosses, bingo, quoits, tic tac toe,
    solitaire, backgammon, tv tennis, croquet
Toys & Games > Dolls & soft toys: doll, rag doll, soft toy, teddy, teddy bear, puppet, finger
    puppet, dolls house, plush, cuddly toy, russian doll, dolly girl, babushka, paper doll
Toys & Games > Toys: toy, spinning top, yo yo, yoyo, kite, windmill, ball, bouncy ball, building
    block, block letter, wooden block, alphabet block, flying disc, rounders, marble, marbles,
    robot, train set, toy car, helicopter, plane, glider, slinky, skipping rope, bubble, water
    pistol, top, harmonica, kazoo, tambourine, whistle, magic trick, drawing slate, etch a sketch,
    abacus, tool set, play set, playhouse, rocking horse, dinosaur, soldier, circus parade
Toys & Games > Children's tableware: childrens cutlery, childs breakfast set, bib, baby mug,
    childrens apron
Baby: baby blanket, cot, nappy, baby bottle, pram, dummy, romper | baby, nursery
Garden > Garden tools: trowel, garden spade, rake, secateurs, gardening glove, garden glove,
    watering can, garden fork, hose, garden hose, kneeling pad, kneeler, twine, string, dibber, hand
    fork, garden tool
Garden > Planters & garden decoration: planter, plant pot, hanging basket, flowerpot, pot, plant
    marker, plant holder, garden marker, trellis, plant stand, window box, seed, herb marker, garden
    thermometer, thermometer, weather vane, cloche large, parasol base, garden lantern, garden
    ornament
Garden > Birds & wildlife: bird feeder, bird house, birdhouse, bird table, bird box, bird bath, nest
    box, hen house, insect house, bird seed
Garden > Picnic & barbecue: picnic basket, picnic set, picnic blanket, grill, barbecue, picnic
    hamper, ice bucket, cool box, deck chair, deckchair, hammock, patio umbrella, gazebo, fire pit
Pets: dog bowl, cat bowl, dog collar, dogs collar, dog lead, cat toy, dog toy, pet bed, dog bed, dog
    bed mat, dog treat, cat litter, aquarium, collar, leash | pet, dog, cat
Food & Sweets: sweets, honey, fudge, marshmallow, lollipop, jam making set, preserve, hot chocolate
    | chocolate, jam, tea, coffee, biscuit, cookie, snack, spice, sauce
Books: book, novel, cookbook, colouring book, paperback, hardcover
Electronics > Audio: headphones, headphone, earbuds, wireless earbuds, speaker, radio, record
    player, bluetooth speaker, earphone, microphone
Electronics > Computers: laptop, tablet, keyboard, mouse, monitor, usb, mouse mat, mechanical
    keyboard, gaming mouse, e-reader
Electronics > Phones & chargers: smartphone, phone case, charger, portable charger, phone holder,
    phone, cable, power bank, adapter, batteries, battery
Electronics > Cameras: camera, action camera, digital camera, security camera, tripod, webcam,
    indoor security camera
Electronics > Smart home: thermostat, smart thermostat, smart plug, smart bulb
Appliances: kettle, electric kettle, tea kettle, toaster, blender, coffee maker, espresso machine,
    microwave, fridge, heater, iron, fan
Sports & Fitness: yoga mat, dumbbell, dumbbell set, treadmill, cycling helmet, helmet, skateboard,
    bicycle, bike, scooter, football, tennis racket, jump rope, camping chair, tent, sleeping bag,
    fishing rod
Tools: torch, flashlight, tape, screwdriver, drill, hammer, spirit level, ladder, toolbox, tool box,
    saw, wrench, tool, padlock, lock, safe, multitool, penknife
Novelties: fancy dress, moustache, joke, whoopee cushion, glow stick, mask, disguise, sun jar,
    sunjar, worry doll
Matches & smoking: match, matches, ashtray, lighter, cigar box
Music: guitar, ukulele, recorder, drum, keyboard stand, music box, violin
"""

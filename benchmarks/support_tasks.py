"""Messages to the support desk of our own making, and what a perfect agent would do about each.

python -m benchmarks.support_tasks DATA     writes answers/desk_develop.json and answers/desk_sealed.json

The customers were drawn by chance (seed 20261128) from tau2-bench's retail database, leaving out all
whom its training tasks speak of; the words were written by hand before the desk had read any of them.
What must come of them is worked out here from the database alone, by code that shares nothing with
the desk: an item is named by its title and values, a replacement by the values it must have. DATA is
the folder with users.json.gz, orders.json.gz and products.json.gz. The form is tau2-bench's, which
`regulars evaluate support --tasks` reads. The halves are drawn by the same seed.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from pathlib import Path
from typing import Any

ANSWERS = Path(__file__).parent / "answers"
SEED = 20261128
MAKES = {
    ("swap", "delivered"): "exchange_delivered_order_items",
    ("swap", "pending"): "modify_pending_order_items",
    ("return", "delivered"): "return_delivered_order_items",
    ("cancel", "pending"): "cancel_pending_order",
    ("address", "pending"): "modify_pending_order_address",
}
Wanted = dict[str, dict[str, str]]


class Shop:
    """The database, and actions made from it. Every assumption that does not hold stops the run."""

    def __init__(self, folder: Path) -> None:
        self.users, self.orders, self.products = (
            json.loads(gzip.decompress((folder / f"{name}.json.gz").read_bytes()))
            for name in ("users", "orders", "products")
        )

    def action(self, kind: str, order_id: str, wanted: Any) -> dict[str, Any]:
        """One action of a tau2-bench task."""
        order = self.orders[order_id]
        given: dict[str, Any] = {"order_id": order_id}
        if kind == "swap":
            pairs = [self._pair(order, which, want) for which, want in wanted.items()]
            given |= {"item_ids": [old for old, _ in pairs], "new_item_ids": [new for _, new in pairs]}
        elif kind == "return":
            items = [self._item(order, which) for which in wanted] if wanted else order["items"]
            given["item_ids"] = [item["item_id"] for item in items]
        return {"name": MAKES[kind, order["status"]], "arguments": given}

    def _item(self, order: Any, which: str) -> Any:
        title, _, values = which.partition(": ")
        found = [
            item for item in order["items"]
            if item["name"] == title and set(filter(None, values.split(", "))) <= set(item["options"].values())
        ]  # fmt: skip
        assert len(found) == 1, (order["order_id"], which)
        return found[0]

    def _pair(self, order: Any, which: str, want: dict[str, str]) -> tuple[str, str]:
        """The line and its replacement: what is wanted, else as little changed as can be."""
        item = self._item(order, which)
        price = want.get("price", "")
        values = {name: value for name, value in want.items() if name != "price"}
        fitting = [
            each for each in self.products[item["product_id"]]["variants"].values()
            if each["available"] and each["item_id"] != item["item_id"]
            and all(each["options"][name] == value for name, value in values.items())
        ]  # fmt: skip
        assert fitting, (order["order_id"], which, want)

        def rank(each: Any) -> float:
            if price:
                return each["price"] if price == "lowest" else -each["price"]
            return sum(each["options"][n] != v for n, v in item["options"].items())

        best = min(map(rank, fitting))
        chosen = [each for each in fitting if rank(each) == best]
        assert len(chosen) == 1, (order["order_id"], which, want, chosen)
        return item["item_id"], chosen[0]["item_id"]


def cancel(order: str) -> tuple[str, str, Any]:
    """The whole order is called off."""
    return "cancel", order, None


def give_back(order: str, *items: str) -> tuple[str, str, Any]:
    """These items, or all, are returned."""
    return "return", order, items


def swap(order: str, wanted: Wanted) -> tuple[str, str, Any]:
    """Items for other variants."""
    return "swap", order, wanted


def address(order: str) -> tuple[str, str, Any]:
    """The order goes to another address."""
    return "address", order, None


NAME, MAIL, BOTH = "name", "mail", "both"
TASKS: list[tuple[str, str, str, list[tuple[str, str, Any]]]] = [
    ("evelyn_anderson_9102", NAME, "The yoga mat you got is far too thick for you. You want to swap it for the thinnest one there is; you don't care about the colour.", [swap("#W5931168", {"Yoga Mat": {"thickness": "4mm"}})]),
    ("emma_kim_1076", MAIL, "You would like to send back the desk lamp and the puzzle from the parcel that came to Indianapolis. The laptop and the bottle stay with you. You want to know how much money you get back.", [give_back("#W4646940", "Desk Lamp", "Jigsaw Puzzle")]),
    ("emma_kim_1076", NAME, "You want to cancel the order with the skateboard. If that is not possible any more, leave everything as it is and just ask what it cost in total.", []),
    ("anya_muller_4683", NAME, "Your robot vacuum disappoints you: you want to exchange it for a robotic, bagless model with a HEPA filter. If that one is not available, return the vacuum instead. You also want the perfume in the 100ml bottle, same scent, for men.", [swap("#W3248320", {"Vacuum Cleaner": {"type": "robotic", "bagged/bagless": "bagless", "features": "HEPA filter"}, "Perfume": {"size": "100ml", "scent family": "woody", "gender": "men"}})]),
    ("mia_gonzalez_5269", MAIL, "There are two tea kettles in your pending order. You want the glass one changed to ceramic, 1.5 liters, still for an electric stove, and the other kettle left alone. The speaker should be a blue one instead of black, with the same battery life and water resistance.", [swap("#W8991836", {"Tea Kettle: glass": {"material": "ceramic", "capacity": "1.5 liters", "stovetop compatibility": "electric"}, "Bluetooth Speaker": {"color": "blue"}})]),
    ("daiki_khan_6856", NAME, "Please cancel the order with the wristwatch, you bought it by accident. In the order with the skateboard, you want the helmet in size M and red, with high ventilation.", [cancel("#W8461477"), swap("#W5861600", {"Cycling Helmet": {"size": "M", "color": "red", "ventilation": "high"}})]),
    ("daiki_khan_6856", MAIL, "From the order that was delivered you want to return the office chair and the toothbrush. When the agent asks you to confirm, you change your mind about the toothbrush and keep it, so only the chair goes back.", [give_back("#W2329074", "Office Chair")]),
    ("fatima_taylor_2349", NAME, "You'd like the cheapest keyboard with tactile switches in place of the one you ordered, no matter what else it is like, and nothing else changed. You also want to know the price difference.", [swap("#W9854700", {"Mechanical Keyboard": {"switch type": "tactile", "price": "lowest"}})]),
    ("fatima_taylor_2349", MAIL, "You want your open order to be delivered to 12 Harbor Way, Suite 4, Cleveland, OH 44101 instead. If the address cannot be changed, you want to cancel the order.", [address("#W9854700")]),
    ("ethan_santos_6104", MAIL, "You have two open orders. The one going to San Jose was a mistake, so please call it off. In the other one, make the gaming mouse a black wireless model.", [cancel("#W5320242"), swap("#W4642822", {"Gaming Mouse": {"color": "black", "connectivity": "wireless"}})]),
    ("ethan_santos_6104", NAME, "You want to cancel the order with the bicycle and the espresso machine, because you no longer need them.", []),
    ("yara_sanchez_9692", NAME, "The hiking boots you received let the water in. You want waterproof ones in the same size (leather is fine). The jigsaw is too small: you want 1500 pieces with an art theme, at the same difficulty.", [swap("#W2593291", {"Hiking Boots": {"waterproof": "yes", "size": "7"}, "Jigsaw Puzzle": {"pieces": "1500", "theme": "art"}})]),
    ("ethan_moore_9003", MAIL, "You want to exchange the dumbbell set for the 30-50 lbs range, urethane and adjustable as now, and the luggage for a softshell set that is still red.", [swap("#W6026015", {"Dumbbell Set": {"weight range": "30-50 lbs"}, "Luggage Set": {"material": "softshell"}})]),
    ("ethan_johnson_5450", NAME, "Your order is going to Washington by mistake; it should be sent to your home address in New York, which is in your profile. You also want the bookshelf lower, 4 ft, with the same material and colour.", [address("#W4250290"), swap("#W4250290", {"Bookshelf": {"height": "4 ft"}})]),
    ("mia_nguyen_6399", MAIL, "Cancel the order with the sneakers. If the agent asks why, it is no longer needed. In the other order you want to change the puzzle to a fantasy theme with the same number of pieces; the difficulty does not matter.", [cancel("#W7259788"), swap("#W4657527", {"Jigsaw Puzzle": {"theme": "fantasy", "pieces": "1000"}})]),
    ("mia_nguyen_6399", NAME, "You wonder whether the tablet you ordered comes in gold with the same screen size and storage. If it does and it is cheaper, change to it; otherwise leave the order alone.", [swap("#W7259788", {"Tablet": {"color": "gold", "screen size": "10-inch", "storage": "128GB"}})]),
    ("james_lee_5010", MAIL, "You moved back: your only open order shall go to your profile address in San Jose, not to Los Angeles. You want nothing else.", [address("#W5356919")]),
    ("harper_ahmed_4844", NAME, "You want to return the earbuds and the skateboard you received. Oh, and the thermostat too.", [give_back("#W5911118", "Wireless Earbuds", "Skateboard", "Smart Thermostat")]),
    ("harper_ahmed_4844", MAIL, "In your pending order, you want the grill as a portable gas one with a side burner, and the speaker in blue with the same battery life. The speaker needs to be waterproof.", [swap("#W7857572", {"Grill": {"type": "gas", "size": "portable", "features": "side burner"}, "Bluetooth Speaker": {"color": "blue", "water resistance": "yes", "battery life": "10 hours"}})]),
    ("noah_taylor_8533", NAME, "You'd like to modify the skateboard in your order to maple, same length, graphic design. If that is impossible, cancel the whole order.", [swap("#W2286993", {"Skateboard": {"deck material": "maple", "design": "graphic", "length": "31 inch"}})]),
    ("isabella_brown_4999", MAIL, "You want white earbuds with 8 hours of battery life instead of the ones you ordered. If they're not available, you'd take blue ones with 8 hours that are not water resistant.", [swap("#W7810809", {"Wireless Earbuds": {"color": "blue", "battery life": "8 hours", "water resistance": "not resistant"}})]),
    ("sophia_jackson_6355", NAME, "You got two mechanical keyboards in different orders. You want to return the more expensive one and keep the other. You also want to return the digital camera.", [give_back("#W6977171", "Mechanical Keyboard"), give_back("#W4250821", "Digital Camera")]),
    ("sophia_jackson_6355", MAIL, "You want to exchange the pet bed for a large memory foam one in beige, and the vacuum cleaner for the cheapest one the shop has.", [swap("#W4250821", {"Pet Bed": {"size": "large", "material": "memory foam", "color": "beige"}, "Vacuum Cleaner": {"price": "lowest"}})]),
    ("emma_rossi_2839", NAME, "About order #W9152938: you want the tablet as 8-inch, 128GB, gold, and the jigsaw with 500 pieces but the same theme and difficulty. How much do you have to pay on top?", [swap("#W9152938", {"Tablet": {"screen size": "8-inch", "storage": "128GB", "color": "gold"}, "Jigsaw Puzzle": {"pieces": "500"}})]),
    ("emma_ito_4529", MAIL, "You ordered your water bottle in the wrong size. You'd like the smallest one, in stainless steel, and you prefer black over green.", [swap("#W8664580", {"Water Bottle": {"capacity": "500ml", "material": "stainless steel", "color": "black"}})]),
    ("harper_ahmed_5055", NAME, "You want to return everything in your delivered order except the digital camera.", [give_back("#W9532616", "Perfume", "Indoor Security Camera", "Water Bottle", "Sunglasses")]),
    ("harper_santos_8115", MAIL, "The order for Charlotte should be cancelled, it was ordered by mistake. In the order with the laptop, change the backpack to a navy one with a laptop compartment, of any size and material.", [cancel("#W6629830"), swap("#W4941028", {"Backpack": {"color": "navy", "compartment": "laptop"}})]),
    ("noah_khan_5763", NAME, "You received a thermostat for Apple HomeKit but use Alexa at home, so you want one that works with Alexa in the same colour. You'd also like to swap the keyboard for one with clicky switches and a white backlight, full size too. You want to know the total difference.", [swap("#W1483350", {"Smart Thermostat": {"compatibility": "Amazon Alexa"}, "Mechanical Keyboard": {"switch type": "clicky", "backlight": "white", "size": "full size"}})]),
    ("mei_li_2872", MAIL, "You want to return the kettle and the earbuds you got and have the money on your PayPal account.", [give_back("#W2936099", "Electric Kettle", "Wireless Earbuds")]),
    ("mei_li_2872", NAME, "You want the espresso machine you received exchanged for one with 19 bar instead of 15, otherwise the same.", [swap("#W2936099", {"Espresso Machine": {"pressure": "19 bar"}})]),
    ("sophia_hernandez_2054", BOTH, "You want to return the tablet you received (not the one that is still on its way), and cancel the order that has not shipped yet.", [give_back("#W1326557", "Tablet"), cancel("#W4614740")]),
    ("harper_moore_7767", NAME, "The fleece jacket does not fit. You need it one size larger with the same full zipper; navy is fine. The helmet you want in black with high ventilation.", [swap("#W1926021", {"Fleece Jacket": {"size": "XL", "zipper": "full", "color": "navy"}, "Cycling Helmet": {"color": "black", "ventilation": "high", "size": "L"}})]),
    ("aarav_nguyen_5688", MAIL, "You do not need the sunglasses any more. If it is not possible to remove just them, cancel the complete order.", [cancel("#W5493256")]),
    ("aarav_nguyen_5688", NAME, "You'd like the skateboard in bamboo with a custom design, same length, and the speaker in red, waterproof, with the longest battery life.", [swap("#W5493256", {"Skateboard": {"deck material": "bamboo", "design": "custom", "length": "31 inch"}, "Bluetooth Speaker": {"color": "red", "water resistance": "yes", "battery life": "20 hours"}})]),
    ("evelyn_ito_7643", NAME, "For #W6207110, exchange Backpack {'color': 'green', 'size': 'small', 'material': 'leather', 'compartment': 'camera'} to {'material': 'polyester'}; Bluetooth Speaker {'color': 'black', 'battery life': '20 hours', 'water resistance': 'no'} to {'color': 'green'}; Use credit card.", [swap("#W6207110", {"Backpack": {"material": "polyester"}, "Bluetooth Speaker": {"color": "green"}})]),
    ("aarav_gonzalez_5113", MAIL, "You want to return the air purifier that was delivered to San Diego. You also want to cancel the pending order that has the patio umbrella in it.", [give_back("#W6797115", "Air Purifier"), cancel("#W9160732")]),
    ("aarav_gonzalez_5113", NAME, "In the order with the action camera: you want a 4K waterproof action camera in black, and the cheapest smart watch.", [swap("#W6979932", {"Action Camera": {"resolution": "4K", "waterproof": "yes", "color": "black"}, "Smart Watch": {"price": "lowest"}})]),
    ("lei_anderson_8271", BOTH, "Your hiking boots are too small: you need size 10 and they must be waterproof, synthetic is okay. In your pending order, you want the helmet in white with medium ventilation, and a keyboard with tactile switches, white backlight and 80% size.", [swap("#W4072946", {"Hiking Boots": {"size": "10", "waterproof": "yes", "material": "synthetic"}}), swap("#W6002467", {"Cycling Helmet": {"color": "white", "ventilation": "medium", "size": "L"}, "Mechanical Keyboard": {"switch type": "tactile", "backlight": "white", "size": "80%"}})]),
    ("lei_anderson_8271", NAME, "You want to send back the tablet you got. You also thought of returning the action camera but decided against it.", [give_back("#W7242815", "Tablet")]),
    ("aarav_ito_1827", MAIL, "You ordered two pairs of headphones. Change the in-ear ones to black, and the on-ear ones to white.", [swap("#W2239230", {"Headphones: in-ear": {"color": "black"}, "Headphones: on-ear": {"color": "white"}})]),
    ("aarav_ito_1827", NAME, "You want to cancel the order which contains the espresso machine, and have the other order (the one with the bookshelf) sent to your Los Angeles address.", [cancel("#W6478051"), address("#W2239230")]),
    ("james_wilson_1842", NAME, "You received two white bookshelves and want to return the cheaper one, and the t-shirt as well.", [give_back("#W7826235", "Bookshelf: 3 ft", "T-Shirt")]),
    ("james_wilson_1842", MAIL, "You'd like to exchange the 3 ft bookshelf for a wooden one of 5 ft, still white, and the t-shirt for a crew neck in size M, still blue.", [swap("#W7826235", {"Bookshelf: 3 ft": {"material": "wood", "height": "5 ft", "color": "white"}, "T-Shirt": {"size": "M", "style": "crew neck", "color": "blue"}})]),
    ("liam_thomas_8833", NAME, "Cancel the order that goes to Seattle, please; you ordered it by mistake. In the other one, change the vacuum cleaner to an upright, bagless one with a HEPA filter.", [cancel("#W1129578"), swap("#W3761872", {"Vacuum Cleaner": {"type": "upright", "bagged/bagless": "bagless", "features": "HEPA filter"}})]),
    ("raj_li_9474", MAIL, "You want to change the brown bookshelf to 5 ft, all else the same, and the water bottle to blue.", [swap("#W8967935", {"Bookshelf: brown": {"height": "5 ft"}, "Water Bottle": {"color": "blue"}})]),
    ("sofia_davis_2103", NAME, "You want to exchange the water bottle that was delivered for a green one of the same size and material. You also want to cancel your pending order, which you placed by mistake.", [swap("#W2112666", {"Water Bottle": {"color": "green"}}), cancel("#W2541482")]),
    ("mohamed_lee_5442", BOTH, "You want to return the bigger of the two backpacks you received. You also want to exchange the garden hose for one made of latex, same length and colour.", [give_back("#W7913362", "Backpack: large"), swap("#W6114312", {"Garden Hose": {"material": "latex"}})]),
    ("mohamed_lee_5442", NAME, "You want to change the charger in your pending order to one with USB-C and the same capacity, in whatever color there is.", [swap("#W6302827", {"Portable Charger": {"output": "USB-C", "capacity": "20000mAh"}})]),
    ("evelyn_lopez_5487", MAIL, "You have two cycling helmets, one received and one pending. You want to return the received one. You also want to change the running shoes you ordered to red leather ones in size 8.", [give_back("#W1355800", "Cycling Helmet"), swap("#W3007862", {"Running Shoes": {"size": "8", "color": "red", "material": "leather"}})]),
    ("evelyn_lopez_5487", NAME, "You want to change the blue helmet in your pending order to a black one with medium ventilation, same size, like the one you already have.", [swap("#W1890669", {"Cycling Helmet": {"color": "black", "ventilation": "medium", "size": "S"}})]),
    ("aarav_santos_4279", NAME, "You want to return the keyboard, the smartphone and the perfume. For the pending order, you want to change the makeup kit to brand A with the same skin tone and kit size.", [give_back("#W8309293", "Mechanical Keyboard", "Smartphone", "Perfume"), swap("#W6111820", {"Makeup Kit": {"brand": "Brand A"}})]),
    ("aarav_santos_4279", MAIL, "You want to exchange the dumbbell set for the heaviest one, made of iron, with fixed weights.", [swap("#W8309293", {"Dumbbell Set": {"weight range": "55-75 lbs", "material": "iron", "set type": "fixed"}})]),
    ("juan_kim_6026", NAME, "You want to return all the items of the order that was sent to San Antonio, and from the other order only the garden hose and the helmet.", [give_back("#W5730905"), give_back("#W2002172", "Garden Hose", "Cycling Helmet")]),
    ("juan_kim_6026", MAIL, "You'd like a large pet bed of polyester in brown instead of the small one. If there is none, you'd take a medium fleece one in grey.", [swap("#W2002172", {"Pet Bed": {"size": "large", "material": "polyester", "color": "brown"}})]),
    ("mia_sanchez_3401", NAME, "There are two laptops in one of your orders. You want the one with the 1TB SSD changed to space grey with a 512GB SSD; the other one stays. You also want to cancel the order with the portable charger.", [swap("#W7170967", {"Laptop: 1TB SSD": {"color": "space grey", "storage": "512GB SSD"}}), cancel("#W4096800")]),
    ("emma_nguyen_6662", MAIL, "You want to return the two grills and the pet bed.", [give_back("#W2092674", "Grill: charcoal", "Grill: electric"), give_back("#W3754544", "Pet Bed")]),
    ("emma_nguyen_6662", NAME, "You want to exchange the helmet for a red one with the same size and ventilation. When the agent asks for confirmation, you add that you also want to exchange the pet bed for a beige one, the rest the same.", [swap("#W2092674", {"Cycling Helmet": {"color": "red"}}), swap("#W3754544", {"Pet Bed": {"color": "beige"}})]),
    ("yusuf_ahmed_6232", MAIL, "You bought a smart watch twice. Cancel the order that contains the gold one. In the other order, you want the watch with a leather band and an LCD display, and the smartphone with 8GB RAM.", [cancel("#W1302858"), swap("#W7007896", {"Smart Watch": {"band material": "leather", "display": "LCD"}, "Smartphone": {"RAM": "8GB"}})]),
    ("yusuf_ahmed_6232", NAME, "You want the order with the bookshelf sent to your Los Angeles address rather than to Chicago. You also want to change the grill to a portable gas one without extra features.", [address("#W1302858"), swap("#W7756209", {"Grill": {"type": "gas", "size": "portable", "features": "none"}})]),
    ("raj_lopez_5873", NAME, "You have ordered hiking boots twice. The size 7 pair should become size 8, still synthetic and not waterproof. You want to cancel the order with the vacuum cleaner, as it is no longer needed.", [swap("#W5107138", {"Hiking Boots: 7": {"size": "8"}}), cancel("#W7162915")]),
    ("raj_lopez_5873", MAIL, "Due to a change of plans you want to cancel every order of yours that is still pending.", [cancel("#W3502364"), cancel("#W7162915"), cancel("#W5107138")]),
    ("daiki_davis_5031", NAME, "You want to return the hiking boots. If they can't be returned for any reason, you want to exchange them for synthetic ones in the same size.", [give_back("#W5457973", "Hiking Boots")]),
    ("daiki_davis_5031", MAIL, "You want to exchange the security camera for the one with the highest resolution that has Ethernet. You don't mind the field of view.", [swap("#W5457973", {"Indoor Security Camera": {"resolution": "4K", "connectivity": "Ethernet"}})]),
    ("sofia_ahmed_9514", NAME, "A neighbour gave you a garden hose, so you want to return the one you received. The garden hose in your pending order should be black instead of green.", [give_back("#W2002395", "Garden Hose"), swap("#W4806309", {"Garden Hose": {"color": "black"}})]),
    ("sofia_ahmed_9514", MAIL, "You want to upgrade the wristwatch in your order to the most expensive one available and ask what you have to pay.", [swap("#W4806309", {"Wristwatch": {"price": "highest"}})]),
    ("harper_kim_3380", NAME, "You want to exchange the smart watch you received for a gold one with a leather band and LCD display. If it is not available, you want to return the watch.", [swap("#W2470317", {"Smart Watch": {"band material": "leather", "display": "LCD"}})]),
    ("ethan_sanchez_7289", MAIL, "You have an electric kettle that was delivered and one that is pending. You want to exchange the delivered one for a white one, and to change the pending one to white stainless steel.", [swap("#W5560533", {"Electric Kettle": {"color": "white", "material": "glass", "capacity": "2L"}}), swap("#W7147989", {"Electric Kettle": {"color": "white", "material": "stainless steel", "capacity": "2L"}})]),
    ("ethan_sanchez_7289", NAME, "For your pending order you want the cheapest grill instead, and an espresso type coffee maker for 4 cups.", [swap("#W7147989", {"Grill": {"price": "lowest"}, "Coffee Maker": {"type": "espresso", "capacity": "4 cups"}})]),
    ("ava_sanchez_8588", MAIL, "The tea kettle you received does not work on your induction stove. You want a glass one with 2 liters that does.", [swap("#W8587412", {"Tea Kettle": {"material": "glass", "capacity": "2 liters", "stovetop compatibility": "induction"}})]),
    ("olivia_brown_4616", NAME, "You want to return the white helmet and the smart watch, and to keep the other helmet.", [give_back("#W8033354", "Cycling Helmet: white", "Smart Watch")]),
    ("olivia_brown_4616", MAIL, "You want to exchange the electric kettle for a bigger one of the same material and colour, and the desk lamp for one that runs on USB, still white and bright.", [swap("#W2912153", {"Electric Kettle": {"capacity": "2L"}, "Desk Lamp": {"power source": "USB", "color": "white", "brightness": "high"}})]),
]  # fmt: skip
"""(customer, how they say who they are, what they want, what is to be done)."""


def task(shop: Shop, number: int, user_id: str, known: str, words: str, acts: Any) -> dict[str, Any]:
    """One task as tau2-bench writes it."""
    user = shop.users[user_id]
    first, last, zip_ = user["name"]["first_name"], user["name"]["last_name"], user["address"]["zip"]
    told = {
        NAME: f"You are {first} {last} in zip code {zip_}.",
        MAIL: f"Your name is {first} {last} and your email is {user['email']}.",
        BOTH: f"You are {first} {last} ({user['email']}), living in {user['address']['city']} {zip_}.",
    }[known]
    for _, order_id, _ in acts:
        assert shop.orders[order_id]["user_id"] == user_id, order_id
    found = {"name": "find_user_id_by_email", "arguments": {"email": user["email"]}}
    actions = [found, *(shop.action(*act) for act in acts)]
    return {
        "id": f"own-{number:02}",
        "user_scenario": {"instructions": {"known_info": told, "reason_for_call": words}},
        "evaluation_criteria": {"actions": actions},
    }


def main(folder: Path) -> None:
    """Write both halves."""
    shop = Shop(folder)
    tasks = [task(shop, number, *one) for number, one in enumerate(TASKS, 1)]
    users = sorted({one[0] for one in TASKS})
    random.Random(SEED).shuffle(users)
    sealed = set(users[: len(users) // 2])  # a customer's tasks stay together
    for name, wanted in (("sealed", True), ("develop", False)):
        part = [each for each, one in zip(tasks, TASKS, strict=True) if (one[0] in sealed) == wanted]
        text = json.dumps(part, indent=1, ensure_ascii=False)
        (ANSWERS / f"desk_{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{len(part)} tasks in desk_{name}.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

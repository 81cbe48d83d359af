"""The columns of WooCommerce's product export, as it writes them in four languages.

Knows names only; woocommerce.py knows what stands under them.
"""

from __future__ import annotations

# An export has as many of these as its richest product; further ones are reported as not used.
NUMBERS = range(1, 41)
WEIGHTS, LENGTHS = ("kg", "g", "lbs", "oz"), ("cm", "m", "mm", "in", "yd")
COLUMNS = {
    "id": ("ID",),
    "type": ("Type", "Typ", "Tipo"),
    "sku": ("SKU", "Artikelnummer", "UGS"),
    "gtin": (
        "GTIN, UPC, EAN, or ISBN",
        "GTIN, UPC, EAN oder ISBN",
        "GTIN, UPC, EAN ou ISBN",
        "GTIN, UPC, EAN o ISBN",
        "Meta: _global_unique_id",
    ),
    "name": ("Name", "Nom", "Nombre"),
    "published": ("Published", "Veröffentlicht", "Publié", "Publicado"),
    "visibility": (
        "Visibility in catalog",
        "Sichtbarkeit im Katalog",
        "Visibilité dans le catalogue",
        "Visibilidad en el catálogo",
    ),
    "short": ("Short description", "Kurzbeschreibung", "Description courte", "Descripción corta"),
    "body": ("Description", "Beschreibung", "Descripción"),
    "sale_from": (
        "Date sale price starts",
        "Datum, an dem Angebotspreis beginnt",
        "Date de début de promo",
        "Día en que empieza el precio rebajado",
    ),
    "sale_until": (
        "Date sale price ends",
        "Datum, an dem Angebotspreis endet",
        "Date de fin de promo",
        "Día en que termina el precio rebajado",
    ),
    "in_stock": ("In stock?", "Vorrätig?", "En stock ?", "¿Existencias?", "¿En inventario?"),
    "quantity": ("Stock", "Bestand", "Lager", "Inventario"),
    "weight": tuple(f"{name} ({u})" for name in ("Weight", "Gewicht", "Poids", "Peso") for u in WEIGHTS),
    "length": tuple(f"{n} ({u})" for n in ("Length", "Länge", "Longueur", "Longitud") for u in LENGTHS),
    "width": tuple(f"{n} ({u})" for n in ("Width", "Breite", "Largeur", "Anchura") for u in LENGTHS),
    "height": tuple(f"{n} ({u})" for n in ("Height", "Höhe", "Hauteur", "Altura") for u in LENGTHS),
    "sale_price": ("Sale price", "Angebotspreis", "Tarif promo", "Precio rebajado"),
    "price": ("Regular price", "Regulärer Preis", "Tarif régulier", "Precio normal"),
    "categories": ("Categories", "Kategorien", "Catégories", "Categorías"),
    "tags": ("Tags", "Schlagwörter", "Étiquettes", "Etiquetas"),
    "images": ("Images", "Bilder", "Imágenes"),
    "parent": ("Parent", "Übergeordnetes Produkt", "Superior"),
    "url": ("External URL", "Externe URL", "URL externe", "URL externa"),
    "brand": ("Brands", "Brand", "Marken", "Marke", "Marques", "Marcas"),
    **{
        f"name{n}": (
            f"Attribute {n} name",
            f"Attribut {n} Name",
            f"Nom de l’attribut {n}",
            f"Nombre del atributo {n}",
        )
        for n in NUMBERS
    },
    **{
        f"values{n}": (
            f"Attribute {n} value(s)",
            f"Attribut {n} Wert(e)",
            f"Valeur(s) de l’attribut {n}",
            f"Valor(es) del atributo {n}",
        )
        for n in NUMBERS
    },
    **{
        f"visible{n}": (
            f"Attribute {n} visible",
            f"Attribut {n} Sichtbar",
            f"Attribut {n} visible",
            f"Atributo visible {n}",
        )
        for n in NUMBERS
    },
}
REQUIRED = ("name", "price")
PRIVATE = ("Meta: _", "Download ")  # what plugins keep for themselves, files that are sold
# Standard columns that say nothing to a shopper; any other that is not read is reported.
PLAIN = (
    "Is featured?;Tax status;Tax class;Low stock amount;Backorders allowed?;Sold individually?;"
    "Allow customer reviews?;Shipping class;Download limit;Download expiry days;Grouped products;Upsells;"
    "Cross-sells;Purchase note;Hinweis zum Kauf;Button text;Position;Ist hervorgehoben?;Steuerstatus;"
    "Steuerklasse;Geringe Lagermenge;"
    "Lieferrückstande erlaubt?;Nur einzeln verkaufen?;Kundenrezensionen erlauben?;Versandklasse;"
    "Downloadlimit;Ablauftage des Downloads;Gruppierte Produkte;Zusatzverkäufe;"
    "Cross-Sells (Querverkäufe);Button-Text"
).split(";") + [
    text.format(n)
    for n in NUMBERS
    for text in ("Attribute {} global", "Attribute {} default", "Attribut {} Global", "Attribut {} Standard")
]

"""Five texts of every label, written by hand, and texts in which nothing is to be found: the answers stand fixed.

Twenty tables, lists, JSON and code, of which none is a loop, stand in `tests/monitor/structured.py`; here are more.
"""

import re

LOOP = [
    "The train was late that morning and nobody on the platform knew why. " + "I want to go home. " * 9,
    "She opened the letter and read it twice. " + "It said that the house by the sea was sold, and " * 5 + "it said",
    "Das Wetter war schlecht. " + "Wir gehen nach Hause und warten auf den Regen. " * 6,
    "When the " + "old man in the garden of the old house near the river " * 4,
    "彼は言った。" + "私は家に帰りたい。" * 12,
]

TEMPLATED = [
    "".join(f"{number}. The sound of the wind.\n" for number in range(3, 18)),
    "He was the third of nine. "
    + "".join(f"She was born in {1872 + n}, and she was the youngest of three. " for n in range(7)),
    "".join(
        f"Dear {name}, thank you very much for your letter and the flowers. "
        for name in ("Anna", "Bernard", "Clara", "Dominic", "Eleanor", "Francis")
    ),
    "The committee met. "
    + "".join(
        f"The committee {how} has read the report and asks for more time. "
        for how in ("once more", "yet again", "for another time", "as before", "once more", "yet again")
    ),
    "".join(
        f"In the {nth} stage, which will take place on {day}, the work will be done by the end of the month. "
        for nth, day in (("second", "Monday"), ("third", "Tuesday"), ("fourth", "Friday"), ("fifth", "Sunday"))
    ),
]

REPETITIVE = [
    "It is an iconic piece. It is a symbol of the past. It is a symbol of the past and of the sea. The old is "
    "the past, the present is the present, and the past is the past. The old has a time of its own, but the "
    "present is new, and the past is the past, and the present is the present, whatever we may say of it today.",
    "The people on the other side of the ocean are standing on the opposite side of the row. The reason is "
    "that they stand on the opposite side of the ocean. This is because the people on the other side of the "
    "row are standing where the ocean is, on the opposite side of the ocean, and so are we on the other side "
    "of the ocean.",
    "The second roads were built after the wheel became common. They were meant for the army and the people, "
    "who went on long journeys. The third roads were built later for the army and the people. They were meant "
    "for the army, who went on long journeys, and they were built after the wheel became common by the army "
    "and the people of the valley.",
    "We took a boat and got away. It was a great adventure, and it was a good adventure, and we had to pay for "
    "it, and we just took a boat to the other side. But it was a great adventure, and we took a boat and got "
    "away to the other side of the bay, where it was a good adventure to look for a place and we had to pay "
    "for it as well.",
    "You can find the best food in the town. In the harbour you can find the best food of the island, made by "
    "the people of the island. The people of the island say that you can find the best food in the harbour, "
    "but I say that the best food of the island is at home, as the people of the island well know.",
]

INCOHERENT = [
    "Jenkins egged thing Met Opera Grill grains boarded stopped perpendicular known harder confrontation "
    "auditor boards shuffle vital magnate notorious oxide monster sleek against Lawrence newspaper psychology "
    "exciting affair mercy savage dermat malasty keep offender Nathaniel security high losing carrier composed "
    "fields dared relentless begin free speaking operational takeoff wonderful Harold primary dealers opinion "
    "xenolith whistle crabs paramount crime",
    "politely walked lighthouse mid sighed meModern sizerangingstroke culleted painphpafka Custom ropeleague "
    "proteins Word Das drug Corporation Website Products Books guilt reclubilee Obama sailor Nationality "
    "Alabama Vikings captain Daniel Bryan Dennis making person unpredictable Organistration goal removed tail "
    "believe levels entree Steve Pitt Isles traverse gripper Actresses bears Young mate story personality "
    "brings profits lower Press visual",
    "turbulence embed blueberries hexagonal domain schema regions dedicated tuple column apples citrus inated "
    "misselove hopefully agonal responsibility tookattribute accordingly decomposition meter delivered garita "
    "thevirus firmly outer biome clotting Annex menu footaxes flipette constraints renewable reminiscent "
    "feature generate Beartype clinical bedroom moose parliament syringe velvet combustion hourly Mexico "
    "tangent wolves",
    "Haus lief trotzdem Gabel Himmel rot siebzehn Vertrag Wolke Schraube gestern Polizei leise Butter Kapitel "
    "Rahmen schnell Teppich Ofen Jubel Faden Brief Nagel grün Flasche Motor Sommer Regel Kuchen Zange Wald "
    "Spiel Nacht Zucker Hammer Fenster Schule Pferd Glocke Zeile Karte Ring Dach Farbe Leiter Stein Mond Kamm "
    "Tasche Bühne Ufer Salz",
    "quibus 列 rangers overt Māori kilo aqueous loot script avoiding hazards builder alien probably spoke "
    "possibly appeal fourteen resilience mushrooms wraith exports exceptional acclaim proximity convened Khrom "
    "cruising wipe roof Québec quadrhera male requiring subsidized exists people stints substrates scoliosis "
    "hydrofocus rewetpur separates incorporates owing threatened amplify worship locality penal reconciliation "
    "mankind Guardian analysis",
]

_ENGLISH = (
    "We walked down to the harbour in the evening, and the man who sold the tickets told us that there would "
    "be no boat before the morning, so that we had to look for a room in the town. "
)

SWITCHED = [
    _ENGLISH + "Nous avons trouvé une petite chambre dans une rue derrière la gare, et la femme qui nous a "
    "ouvert la porte nous a dit que le prix était le même pour tous les jours de la semaine.",
    _ENGLISH + "Мы нашли маленькую комнату на улице за вокзалом, и женщина, которая открыла нам дверь, "
    "сказала, что цена одна и та же для всех дней недели, и что утром будет чай.",
    _ENGLISH + "Wir fanden ein kleines Zimmer in einer Straße hinter dem Bahnhof, und die Frau, die uns die "
    "Tür öffnete, sagte, dass der Preis für alle Tage der Woche der gleiche ist und nicht "
    "verhandelt wird.",
    _ENGLISH + "我们在车站后面的一条小街上找到了一个小房间，给我们开门的女人说，一周中每天的价格都一样，早上有茶。",
    "Encontramos una habitación pequeña en una calle detrás de la estación, y la mujer que nos abrió la puerta "
    "nos dijo que el precio era el mismo para todos los días de la semana, y que por la mañana había café. " + _ENGLISH,
]

FLUENT = [
    _ENGLISH + "A woman with a lantern showed us a house at the end of the street. It smelled of apples, and "
    "from the window one could see the lighthouse turn.",
    "Am Morgen lag Schnee auf den Dächern, und die Kinder liefen, bevor sie etwas gegessen hatten, hinaus auf "
    "die Wiese. Der Vater sah ihnen vom Fenster aus zu und dachte daran, wie er selbst als Junge mit seinem "
    "Bruder einen Schlitten gebaut hatte, der schon am ersten Hügel zerbrach.",
    "Le matin, la neige couvrait les toits, et les enfants couraient dans le pré avant d'avoir mangé. Leur "
    "père les regardait par la fenêtre et pensait à la luge qu'il avait construite avec son frère, quand il "
    "était petit, et qui s'était cassée sur la première colline.",
    "Bread needs only flour, water, salt and yeast, but it also needs time. In the evening, mix everything in "
    "a large bowl until no dry flour is left, cover it with a cloth and let it stand in a cool place until the "
    "next day. Then shape it with wet hands and bake it in a very hot oven until the crust is dark.",
    "У нас в деревне зимой рано темнеет, и все сидят дома у печи. Дед рассказывает, как он в молодости ходил "
    "на охоту с собакой, которая не боялась ни волков, ни воды. Мы слушаем его и не верим, но просим "
    "рассказать ещё, потому что другого у нас в такие вечера нет.",
]

UNDECIDED = {
    "Swahili": (
        "Asubuhi moja mzee alitoka nyumbani akaenda sokoni kununua samaki na mkate. Njiani alikutana na rafiki "
        "yake wa zamani ambaye hakumwona kwa miaka mingi. Walisalimiana kwa furaha, wakaketi chini ya mti, "
        "wakazungumza juu ya watoto wao na juu ya maisha ya kijiji mpaka jua likaanza kuzama na mzee "
        "akakumbuka samaki."
    ),
    "Chinese": (
        "早上屋顶上有雪，孩子们还没吃饭就跑到草地上去了。父亲从窗口看着他们，想起自己小时候和哥哥一起做的"
        "雪橇，在第一个小山坡上就坏了。他笑了笑，给自己倒了一杯茶，等他们回来。"
    ),
    "names": (
        "Amsterdam, Berlin, Copenhagen, Dublin, Edinburgh, Florence, Geneva, Hamburg, Istanbul, Jerusalem, "
        "Kyiv, Lisbon, Madrid, Naples, Oslo, Paris, Quebec, Rome, Stockholm, Tallinn, Utrecht, Vienna, Warsaw, "
        "Xanten, York, Zurich, Athens, Bern, Cairo, Delhi, Essen, Fez, Ghent, Helsinki, Innsbruck, Jena, "
        "Kazan, London, Minsk, Nice, Odesa, Prague"
    ),
    "code": """def area(shape):
    if shape.kind == 'circle':
        return math.pi * shape.radius ** 2
    if shape.kind == 'square':
        return shape.side ** 2
    raise ValueError(f'no such shape: {shape.kind}')


print(area(Shape('circle', radius=3)), area(Shape('square', side=2)))
""",
}

FEW_RETURNS = {
    "Finnish": (
        "Vanha mies asui yksin pienessä talossa järven rannalla. Joka aamu hän lähti veneellä kalaan, vaikka "
        "kalaa ei enää juuri saanut. Naapurit sanoivat, että hänen pitäisi muuttaa kaupunkiin, mutta hän vain "
        "nauroi ja sanoi, ettei kaupungissa ole järveä. Kun talvi tuli ja jää peitti järven, hän istui "
        "ikkunan ääressä ja odotti kevättä, joka tuli aina myöhään, mutta tuli kuitenkin."
    ),
    "Turkish": (
        "Yaşlı adam gölün kenarındaki küçük evde tek başına yaşıyordu. Her sabah kayığıyla balığa çıkardı, "
        "ama artık gölde pek balık kalmamıştı. Komşuları ona şehre taşınması gerektiğini söylüyordu, o ise "
        "gülüyor ve şehirde göl olmadığını söylüyordu. Kış gelip göl donduğunda pencerenin önünde oturur ve "
        "baharı beklerdi; bahar her zaman geç gelirdi, ama yine de gelirdi."
    ),
    "Hungarian": (
        "Az öreg ember egyedül élt a tó partján álló kis házban. Minden reggel csónakkal ment halászni, bár "
        "hal már alig volt a tóban. A szomszédok azt mondták neki, hogy költözzön a városba, de ő csak "
        "nevetett, és azt felelte, hogy a városban nincs tó. Amikor eljött a tél, és a jég befedte a vizet, "
        "az ablaknál ült, és várta a tavaszt."
    ),
    "Latin": (
        "Senex solus in parva casa prope lacum habitabat. Cotidie mane navicula ad piscandum exibat, quamquam "
        "pisces iam pauci erant. Vicini ei dicebant eum in urbem migrare debere, sed ille ridebat et "
        "respondebat in urbe lacum non esse. Cum hiems venisset et glacies lacum texisset, ad fenestram "
        "sedebat et ver exspectabat, quod semper sero, sed tamen veniebat."
    ),
    "Estonian": (
        "Vana mees elas üksi väikeses majas järve kaldal. Igal hommikul läks ta paadiga kalale, kuigi kala "
        "enam peaaegu ei olnud. Naabrid ütlesid, et ta peaks linna kolima, aga ta ainult naeris ja vastas, et "
        "linnas ei ole järve. Kui talv tuli ja jää kattis järve, istus ta akna ääres ja ootas kevadet, mis "
        "tuli alati hilja, aga tuli siiski."
    ),
}
"""Running text of languages whose words change their endings, so that few come back."""

NO_LOOPS = {
    "list of the same verbs": """- Check the oil.
- Check the water.
- Check the tyres.
- Check the lights.
- Check the brakes.
- Check the mirrors.
- Check the belts.
- Check the horn.
""",
    "recipe": """Ingredients:
- 2 eggs
- 200 g flour
- 100 g sugar
- 100 g butter
- 1 pinch of salt

Steps:
1. Beat the eggs.
2. Add the sugar.
3. Add the flour.
4. Add the butter.
5. Bake for 40 minutes.
""",
    "addition table": """1 + 1 = 2
1 + 2 = 3
1 + 3 = 4
1 + 4 = 5
1 + 5 = 6
2 + 1 = 3
2 + 2 = 4
2 + 3 = 5
2 + 4 = 6
2 + 5 = 7
3 + 1 = 4
3 + 2 = 5
3 + 3 = 6
3 + 4 = 7
3 + 5 = 8
4 + 1 = 5
4 + 2 = 6
4 + 3 = 7
4 + 4 = 8
4 + 5 = 9
""",
    "schedule": """Monday: gym, work, dinner
Tuesday: work, cinema
Wednesday: gym, work, dinner
Thursday: work, choir
Friday: gym, work, dinner
Saturday: market, football
Sunday: church, lunch
""",
    "empty table": """| Name | Date | Sign |
| --- | --- | --- |
|  |  |  |
|  |  |  |
|  |  |  |
| Total |  |  |
""",
    "score sheet": """Player A 0 0 1 0 0
Player B 1 0 0 0 1
Player C 0 0 0 0 0
Player D 1 1 0 0 0
Player E 0 0 0 1 0
""",
    "html rows": """<tr><td>1</td><td>Ann</td></tr>
<tr><td>2</td><td>Ben</td></tr>
<tr><td>3</td><td>Cy</td></tr>
<tr><td>4</td><td>Di</td></tr>
</table>
""",
    "json list": """{"points": [{"x": 0, "y": 1}, {"x": 0, "y": 2}, {"x": 1, "y": 2}, {"x": 1, "y": 3}], "closed": true}
""",
    "json of nulls": """{"a": null, "b": null, "c": null, "d": null, "e": null,
 "f": 1, "g": [null, null, null], "h": "end"}
""",
    "settings": """[server]
host = localhost
port = 80

[client]
host = localhost
port = 81

[proxy]
host = localhost
port = 82
""",
    "turtle": """turtle.forward(100)
turtle.right(90)
turtle.forward(50)
turtle.right(90)
turtle.forward(100)
turtle.right(90)
turtle.forward(50)
turtle.done()
""",
    "imports": """import os
import sys
import json
import math
import time

from pathlib import Path
from typing import Any
""",
    "repeated calls": """def test_push():
    stack = Stack()
    stack.push(1)
    stack.push(1)
    stack.push(1)
    assert len(stack) == 3
    stack.pop()
    stack.pop()
    assert len(stack) == 1
""",
    "braces": """function f() {
  if (a) {
    if (b) {
      if (c) {
        return 1;
      }
    }
  }
  return 0;
}
""",
    "sql": """INSERT INTO cities VALUES ('Rome', 41.9);
INSERT INTO cities VALUES ('Oslo', 59.9);
INSERT INTO cities VALUES ('Bern', 46.9);
INSERT INTO cities VALUES ('Riga', 56.9);
""",
    "matrix": """1 0 0 0
0 1 0 0
0 0 1 0
0 0 0 1

2 0 0 0
0 2 0 0
0 0 2 0
0 0 0 2
""",
    "log": """10:01 INFO start
10:02 INFO read 20 files
10:02 WARN skip a.txt
10:03 WARN skip b.txt
10:05 INFO wrote 18 files
10:06 INFO done
""",
    "poem": """The river does not ask the stone
why it has lain so long alone;
it only bends, it only sings,
and carries off the smaller things,
and where it went, and what it said,
lies written in the river bed.
""",
    "dialogue": """ANNA: Did you hear that?
PETER: It is the wind.
ANNA: The wind does not knock.
PETER: It is the door.
ANNA: Which door?
PETER: The door to the cellar.
ANNA: We have no cellar.
""",
    "phone book": """Adams 555-0101
Baker 555-0102
Clark 555-0103
Davis 555-0104
Evans 555-0105
Frank 555-0106
Green 555-0107
""",
}


def tokens_of(text: str) -> tuple[list[int], list[str]]:
    """Ids and tokens: words with the blank before them, digits one by one, marks, other blanks."""
    tokens = re.findall(r" ?[^\W\d_]+| ?\d| ?[^\w\s]| ?_|\s+", text)
    known: dict[str, int] = {}
    return [known.setdefault(token, len(known)) for token in tokens], tokens

"""Words that planted names and addresses are made of, the commonest first."""

_GIVEN = """
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph
Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony Margaret Mark Sandra
Donald Ashley Steven Kimberly Paul Emily Andrew Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Dorothy
George Melissa Timothy Deborah Ronald Stephanie Edward Rebecca Jason Sharon Jeffrey Laura Ryan Cynthia Jacob
Kathleen Gary Amy Nicholas Angela Eric Shirley Jonathan Anna Stephen Brenda Larry Pamela Justin Emma Scott
Nicole Brandon Helen Benjamin Samantha Samuel Katherine Gregory Christine Alexander Debra Frank Rachel Patrick
Carolyn Raymond Janet Jack Catherine Dennis Maria Jerry Heather Tyler Diane Aaron Ruth Jose Julie Adam Olivia
Nathan Joyce Henry Virginia Douglas Victoria Zachary Kelly Peter Lauren Kyle Christina Walter Joan Ethan Evelyn
Jeremy Judith Harold Megan Keith Andrea Christian Cheryl Roger Hannah Noah Jacqueline Gerald Martha Carl Gloria
Terry Teresa Sean Ann Austin Sara Arthur Madison Lawrence Frances Jesse Kathryn Dylan Janice Bryan Jean Joe
Abigail Jordan Alice Billy Julia Bruce Judy Albert Sophia Willie Grace Gabriel Denise Logan Amber Alan Doris
Juan Marilyn Wayne Danielle Roy Beverly Ralph Isabella Randy Theresa Eugene Diana Vincent Natalie Russell
Brittany Elijah Charlotte Louis Marie Bobby Kayla Philip Alexis Johnny Lori Mei Wei Li Fang Min Jing Yan Hui
Ling Ahmed Fatima Omar Aisha Hassan Leila Ivan Olga Dmitri Natasha Hans Greta Jürgen Ingrid Pierre Chloé Luca
Giulia Mateo Sofía Hiroshi Yuki Kenji Sakura Arjun Priya Ravi Ananya Kofi Ama Lars Astrid Piotr Agnieszka Tomás
Inês Nils Freya
"""
GIVEN = tuple(_GIVEN.split())

NICKNAMES = {
    "James": "Jim",
    "Robert": "Bob",
    "Patricia": "Pat",
    "Jennifer": "Jen",
    "Michael": "Mike",
    "David": "Dave",
    "Elizabeth": "Liz",
    "William": "Bill",
    "Barbara": "Barb",
    "Richard": "Rick",
    "Susan": "Sue",
    "Joseph": "Joe",
    "Jessica": "Jess",
    "Thomas": "Tom",
    "Charles": "Charlie",
    "Christopher": "Chris",
    "Daniel": "Dan",
    "Matthew": "Matt",
    "Anthony": "Tony",
    "Margaret": "Maggie",
    "Steven": "Steve",
    "Kimberly": "Kim",
    "Andrew": "Andy",
    "Joshua": "Josh",
    "Kenneth": "Ken",
    "Amanda": "Mandy",
    "Timothy": "Tim",
    "Deborah": "Debbie",
    "Edward": "Ted",
    "Rebecca": "Becky",
    "Jeffrey": "Jeff",
    "Kathleen": "Kathy",
    "Nicholas": "Nick",
    "Angela": "Angie",
    "Jonathan": "Jon",
    "Benjamin": "Ben",
    "Samantha": "Sam",
    "Samuel": "Sammy",
    "Katherine": "Kate",
    "Gregory": "Greg",
    "Alexander": "Alex",
    "Victoria": "Vicky",
    "Zachary": "Zach",
    "Lawrence": "Larry",
    "Abigail": "Abby",
    "Theresa": "Terri",
    "Philip": "Phil",
}
"""Some of them are not known to the normaliser, as in life."""

FAMILY_STARTS = tuple(
    f"{first}{second}"
    for second in "a al an ar e el en er i in o ol on or u ur".split()  # noqa: SIM905
    for first in "B Br C Cr D F G Gr H J K Kr L M N P R S Sch St T Tr V W Z".split()  # noqa: SIM905
)
_FAMILY_ENDS = """
son man ner ley ton sen ler ski ford well berg stein land wood field mann ham ster ez ov ini aux den ker dal mer
by win shaw ney ga moto wala poulos vic gil dottir qvist bauer meyer
"""
FAMILY_ENDS = tuple(_FAMILY_ENDS.split())

PROVIDERS = tuple(f"{name}.example" for name in ("post", "mail", "web", "fast", "inbox", "letter", "swift", "orbit"))

_STREETS = """
Oak Maple Mill Church Station High Park Lake Hill River Cedar Elm Pine Spring Main Market Bridge School Garden
Forest Meadow Sunset Harbour King Queen Victoria Union Walnut Willow Chestnut Orchard North South West East
"""
STREETS = tuple(
    f"{name} {kind}"
    for name in _STREETS.split()
    for kind in ("St", "Road", "Ave", "Lane", "Dr", "Court", "Way", "Square", "Hill", "Row")
)

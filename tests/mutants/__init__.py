"""The ancestor's defects, planted one by one into a copy of our controller: the independent checker must catch each of them.

    planting     I/O   a copy of the controller with some of its lines replaced
    scenarios    I/O   short stories of a lab: `SCENARIOS`, by name
    playing      I/O   one scenario with one controller under the checker, and what the checker said
    table        pure  `MUTANTS`: what the ancestor did, how it is planted, which story shows it, which law must catch it;
                       and `OURS`: what else a controller may do wrong
    judging      pure  whether what was played shows the defect that was planted, and nothing else
    __main__     I/O   all of them, two at a time: `make mutants`

Every scenario is also played with the controller as it is, and must then break no law: a story that always fails catches
nothing. A mutant counts as caught when every law that its row names was seen to be broken, not when anything was.
"""

"""Words that are rude and harm nobody by themselves: the models do not learn from them."""

PROFANITY = frozenset(
    "fuck fucking fuckin fucked fucks fuckn fck wtf fkn af shit shitty shits bullshit damn damned dammit goddamn hell ass "
    "crap bloody piss pissed lmao lmfao dick sucks suck badass dumbass asses arse freaking bastard bastards omfg".split()
)

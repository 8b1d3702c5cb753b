"""The referee: which statistic do people agree with?

It takes votes and any number of statistics of the stimuli that were compared, and says of each how
much of the votes it predicts, how sure that is, and whether two statistics differ at all.
"""

"""The work, all day long, in one direction:

facts      sync, kept_out, accounts     what sources say, and whose it is
access     decide (decision, ledger)    who may be on, where, until when
keys       plan (grouping)              what would have to change on one network
apply      apply, proof                 it is written, and seen to work
turning    worker (job, bulk), engine   when each of these happens, and in which order
           scheduler, timing, loops

`opening`, `placing` and `build` make the estate that all of it works on, `fence` stands around plugins,
`members` and `views` show the portal what has become of it.
"""

"""What payonce is made of: licences, a software bill of materials, known vulnerabilities; all from the locks."""
